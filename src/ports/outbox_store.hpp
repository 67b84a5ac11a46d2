#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/order.hpp"
#include "ports/awaitable.hpp"

namespace delivery::ports {

/// A relay as the leases know it. `bus` names where it publishes: two relays with different buses on one
/// database are refused, since one would settle what the other's consumers never hear.
struct relay_identity {
    domain::uuid owner;
    std::string bus;
};

/// What a relay holds after a renewal, and how much of it is its fair share.
struct lease_view {
    std::vector<std::uint8_t>
        shards;                  ///< Ascending; leased to this relay until the lease's time to live is over.
    std::size_t fair_share = 0;  ///< Hold no more: shards divided by living relays, rounded up.
};

/// A shard and the sequence of the last row that was read from it; -1 reads from the beginning.
struct shard_position {
    std::uint8_t shard = 0;
    std::int64_t after = -1;
};

/// An event that waits to be published. Within a shard, `sequence` ascends; an order's versions ascend with
/// it.
struct outbox_row {
    std::int64_t sequence = 0;
    std::uint8_t shard = 0;
    domain::order_event event;
    std::string traceparent;
};

/// What waits. An event waits since it was recorded, or since its order was imported or announced again,
/// where that was later.
struct outbox_depth {
    std::int64_t pending = 0;
    std::chrono::microseconds oldest_age{0};
};

/// However often an order was announced again, after a day it is once more.
constexpr std::chrono::hours redrive_gap_max{24};

/// What the relay asks of the store. All throw `store_error`; leases run on the store's clock.
class outbox_store {
public:
    virtual ~outbox_store() = default;

    /// The name of another bus on which a living relay publishes right now; nothing when there is none.
    virtual awaitable<std::optional<std::string>> find_other_bus(const std::string& bus) = 0;

    /// Registers the relay as living for `time_to_live`, renews the leases that it holds, and takes free or
    /// expired ones up to its fair share. Nothing is taken while a relay with another bus lives.
    virtual awaitable<lease_view> renew_leases(const relay_identity& relay,
                                               std::chrono::milliseconds time_to_live) = 0;

    /// Gives up these shards.
    virtual awaitable<void> release_leases(const relay_identity& relay,
                                           std::span<const std::uint8_t> shards) = 0;

    /// Gives up everything and is no longer counted among the living.
    virtual awaitable<void> retire(const relay_identity& relay) = 0;

    /// Pending rows beyond the positions, at most `limit` in all; within a shard by ascending sequence
    /// without gaps among the rows visible now (one that commits later may have a lower sequence).
    virtual awaitable<std::vector<outbox_row>> pending(std::span<const shard_position> positions,
                                                       std::size_t limit) = 0;

    /// Deletes rows that were published. Rows already gone are ignored. Losing this in a crash only repeats
    /// messages.
    virtual awaitable<void> settle(std::span<const outbox_row> rows) = 0;

    virtual awaitable<outbox_depth> depth(std::span<const std::uint8_t> shards) = 0;

    /// Announces again, with its latest event, every unfinished order that has neither outbox row nor timer
    /// and was neither moved nor announced for `after`. A message that waits in the broker's queue looks like
    /// a lost one, so an order that was announced before must be quiet for as long as lay between its last
    /// move and that announcement: each gap is twice the one before, up to `redrive_gap_max` or `after`,
    /// whichever is longer. Looks at orders in a sequence of the store's own, from the one after the order
    /// `from`, a bounded number a call. Answers how many were announced and where to go on; no position when
    /// the end was reached. The announcement has no traceparent: a trace is kept for what is under way, not
    /// with the history.
    struct redrive_result {
        std::size_t announced = 0;
        std::optional<domain::uuid> next;
    };
    virtual awaitable<redrive_result> redrive(std::chrono::milliseconds after,
                                              std::optional<domain::uuid> from) = 0;

    /// Deletes a bounded number of idempotency keys older than `age`; answers how many.
    virtual awaitable<std::size_t> purge_idempotency_keys(std::chrono::milliseconds age) = 0;
};

}  // namespace delivery::ports
