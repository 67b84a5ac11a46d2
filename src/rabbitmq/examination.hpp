#pragma once

#include "ports/finding.hpp"
#include "rabbitmq/bus_factory.hpp"

namespace delivery::rabbitmq {

/// Connects to a broker as a service would, and declares what all roles declare. Blocks, for some seconds at
/// most where nobody answers.
ports::findings examine(const options& settings);

}  // namespace delivery::rabbitmq
