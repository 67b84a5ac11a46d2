#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "ports/bus.hpp"
#include "ports/clock.hpp"
#include "ports/logger.hpp"
#include "rabbitmq/endpoint.hpp"

namespace delivery::rabbitmq {

struct options {
    rabbitmq::endpoint endpoint;
    /// Shown as the connections' name in the broker's management, as "service role publisher".
    std::string service = "delivery";
    std::string role = "run";
    /// A broker that has been silent for twice as long is given up.
    std::chrono::seconds heartbeat{10};
    /// A message is answered within this time; the time during which the broker blocks publishers does not
    /// count.
    std::chrono::milliseconds confirm_deadline{10'000};
    /// The most messages a consumer holds without having acknowledged them.
    std::uint16_t prefetch = 1024;
};

/// Connects to the broker in the background and keeps connecting for as long as the bus lives; returns at
/// once, and a broker that is away is no error. Logger and clock must outlive the bus. The bus is closed when
/// it is destroyed.
std::unique_ptr<ports::bus> make_bus(const options& settings, ports::logger& log, ports::clock& clock);

}  // namespace delivery::rabbitmq
