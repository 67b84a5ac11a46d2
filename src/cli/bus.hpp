#pragma once

#include <memory>
#include <string>

#include "ports/bus.hpp"
#include "ports/clock.hpp"
#include "ports/logger.hpp"
#include "ports/workflow_store.hpp"
#include "runtime/configuration.hpp"

namespace delivery::cli {

/// The configured bus: RabbitMQ, which connects in the background, or the one within this process, which puts
/// its dead letters into `dead_letters`. Throws `usage_error` where RABBITMQ_URL is of no use. All must
/// outlive it.
std::unique_ptr<ports::bus> open_bus(const runtime::configuration& settings, const std::string& role_name,
                                     ports::logger& logger, ports::clock& clock,
                                     ports::dead_letter_store& dead_letters);

}  // namespace delivery::cli
