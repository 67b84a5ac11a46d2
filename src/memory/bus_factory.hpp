#pragma once

#include <memory>
#include <string>

#include "ports/bus.hpp"
#include "ports/clock.hpp"
#include "ports/workflow_store.hpp"

namespace delivery::memory {

struct bus_options {
    /// What shard leases call this bus.
    std::string name = "in-process";
    /// Messages that wait to be received; what goes beyond is not published and stays pending.
    std::size_t queue_max = 8192;
    /// A message that its consumer has not finished by then counts as failed, and is published again later.
    ports::duration confirm_deadline = std::chrono::seconds(30);
};

/// The bus within one process. A message is confirmed only when its consumer has acknowledged it or it is
/// stored among the dead letters, so that a crash loses nothing: whatever was not finished is still in the
/// outbox. Messages that no worker wants are confirmed at once. `dead_letters` is used on the consumer's
/// executor. All must outlive the bus.
std::unique_ptr<ports::bus> make_bus(ports::clock& clock, ports::dead_letter_store& dead_letters,
                                     bus_options options);

}  // namespace delivery::memory
