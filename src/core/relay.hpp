#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/store_caller.hpp"
#include "ports/bus.hpp"
#include "ports/outbox_store.hpp"

namespace delivery::core {

struct relay_options {
    /// Batches that may be in the works at the same time, each over its own part of the shards.
    std::size_t lanes = 2;
    std::size_t batch_max = 512;
    /// How often an idle lane looks for rows that nobody told it of.
    ports::duration idle_poll = std::chrono::milliseconds(10);
    std::chrono::milliseconds lease_time_to_live{3000};
    ports::duration lease_renewal = std::chrono::seconds(1);
    /// How often a lane reads its shards from the beginning.
    ports::duration rescan = std::chrono::seconds(5);
    /// An unfinished order without outbox row or timer for so long is announced again.
    std::chrono::milliseconds redrive_after = std::chrono::minutes(15);
    std::chrono::milliseconds idempotency_key_age = std::chrono::hours(24);
    /// A bus that has answered nothing for so long is left to other relays, where there are any: as long as a
    /// confirm may take, and longer than a broker that restarts is away as a rule.
    ports::duration bus_patience = std::chrono::seconds(10);
    /// Why the bus cannot be used right now, asked on the relay's executor; nothing when it can.
    std::function<std::optional<std::string>()> find_bus_fault = [] { return std::nullopt; };
};

/// Publishes the outbox: leases shards, reads their pending rows in order, publishes them, and deletes what
/// the bus has confirmed. A version of an order is published only once its predecessor is confirmed and
/// settled; whatever fails stays pending. Where its bus does not work, it leaves the shards to other relays.
/// Runs on one executor; store and bus must outlive it.
class relay {
public:
    relay(surroundings around, ports::outbox_store& store, ports::publisher& publisher,
          ports::relay_identity identity, relay_options options);
    ~relay();

    /// Works until `stop`, then finishes the batches in the works and gives up the leases.
    awaitable<void> run();

    /// Both on the relay's executor.
    void stop();
    /// Says that rows were written, so that they are looked for at once.
    void wake();
    /// Whether it is this relay, of all there are, that does what one has to do.
    [[nodiscard]] bool keeps_house() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace delivery::core
