#pragma once

#include "cli/command_line.hpp"

namespace delivery::cli {

/// `delivery purge`: deletes orders that were delivered long ago, and prints how many. Answers the exit
/// status.
int run_purge(const invocation& what);

}  // namespace delivery::cli
