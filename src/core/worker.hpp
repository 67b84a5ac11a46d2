#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "core/store_caller.hpp"
#include "domain/flow.hpp"
#include "ports/bus.hpp"
#include "ports/workflow_store.hpp"

namespace delivery::core {

struct worker_options {
    domain::stage_durations durations;
    std::size_t batch_max = 256;
    /// How often timers are looked for when none is known to be due earlier.
    ports::duration timer_poll = std::chrono::milliseconds(100);
    /// With a store that has answered nothing for as long, it leaves its messages to others.
    ports::duration store_patience = std::chrono::seconds(10);
    /// Called on the worker's executor after outbox rows were written, to wake up a relay in the same
    /// process.
    std::function<void()> on_outbox_written = [] {};
};

/// Takes orders along their flow: consumes messages in batches, one transaction each, acknowledged after
/// commit, and takes the timers that are due. While the store is away it pauses, keeping its messages; where
/// that lasts, it gives them back and takes no more until the store answers, for other workers may be able to
/// reach it. Only a message that can never succeed goes to the dead letters, while others go on. Runs on one
/// executor; store and consumer must outlive it.
class worker {
public:
    worker(surroundings around, ports::workflow_store& store, ports::consumer& consumer,
           worker_options options);
    ~worker();

    /// Works until `stop`, then finishes the batch in the works.
    awaitable<void> run();

    /// On the worker's executor.
    void stop();

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace delivery::core
