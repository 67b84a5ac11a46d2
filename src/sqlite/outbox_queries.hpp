#pragma once

#include <span>
#include <vector>

#include "ports/outbox_store.hpp"
#include "sqlite/connection.hpp"

// The SQL of `ports::outbox_store` apart from the leases, within the caller's transaction.
namespace delivery::sqlite {

/// Fair to the shards: where not everything fits, each has had its part before one gets more.
std::vector<ports::outbox_row> find_pending(connection& db, std::span<const ports::shard_position> positions,
                                            std::size_t limit);

void settle_rows(connection& db, std::span<const ports::outbox_row> rows);

ports::outbox_depth measure_depth(connection& db, std::span<const std::uint8_t> shards,
                                  domain::timestamp now);

std::size_t purge_idempotency_keys(connection& db, domain::timestamp older_than);

/// Orders that a message may have been lost for. Looks at a bounded number of orders from `from`.
struct redrive_candidates {
    std::vector<domain::uuid> ids;
    std::optional<domain::uuid> next;
};
redrive_candidates find_lost(connection& db, std::chrono::microseconds after, domain::timestamp now,
                             std::optional<domain::uuid> from);

/// Announces those that are still lost. Answers how many.
std::size_t announce_again(connection& db, std::span<const domain::uuid> ids, std::chrono::microseconds after,
                           domain::timestamp now);

}  // namespace delivery::sqlite
