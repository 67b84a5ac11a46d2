#pragma once

#include <string>
#include <vector>

#include "runtime/configuration.hpp"

namespace delivery::cli {

/// What those who will connect say against URLs that have the right shape, in words for the operator, without
/// secrets. Nobody is connected to.
std::vector<std::string> find_connection_faults(const runtime::configuration& settings);

}  // namespace delivery::cli
