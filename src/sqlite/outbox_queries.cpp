#include "sqlite/outbox_queries.hpp"

#include <algorithm>

#include "domain/flow.hpp"
#include "sqlite/event_queries.hpp"
#include "sqlite/query.hpp"

namespace delivery::sqlite {
namespace {

constexpr std::size_t redrive_batch = 1'000;
constexpr std::size_t purge_batch = 1'000;

ports::outbox_row read_row(const query& row) {
    return {.sequence = row.integer(0),
            .shard = static_cast<std::uint8_t>(row.integer(1)),
            .event = {.id = row.id(4),
                      .order_id = row.id(2),
                      .version = row.version(3),
                      .status = row.status(5),
                      .recorded_at = row.time(6)},
            .traceparent = std::string(row.text(7))};
}

/// Appends up to `limit` rows beyond the position, and moves it. Answers how many.
std::size_t read_shard(connection& db, ports::shard_position& position, std::size_t limit,
                       std::vector<ports::outbox_row>& rows) {
    query row(
        db,
        "SELECT sequence, shard, order_id, version, event_id, status, recorded_at, traceparent FROM outbox "
        "WHERE shard = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
        position.shard, position.after, limit);
    const auto before = rows.size();
    while (row.step()) rows.push_back(read_row(row));
    if (rows.size() > before) position.after = rows.back().sequence;
    return rows.size() - before;
}

/// The gap doubles with every announcement, since the last one was that long after the order's last move.
bool is_lost(connection& db, const domain::uuid& id, std::chrono::microseconds after, domain::timestamp now) {
    const auto gap_max = std::max<std::chrono::microseconds>(after, ports::redrive_gap_max);
    query row(
        db,
        "SELECT 1 FROM orders WHERE id = ?1 AND ?2 - max(updated_at, coalesce(redriven_at, updated_at)) "
        ">= min(max(?3, coalesce(redriven_at - updated_at, 0)), ?4) "
        "AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.order_id = orders.id) "
        "AND NOT EXISTS (SELECT 1 FROM timers WHERE timers.order_id = orders.id)",
        id, now, after.count(), gap_max.count());
    return row.step();
}

bool announce_latest(connection& db, const domain::uuid& id, domain::timestamp now) {
    query row(db,
              "SELECT id, version, status, recorded_at FROM order_events WHERE order_id = ?1 "
              "ORDER BY version DESC LIMIT 1",
              id);
    if (!row.step()) return false;
    const domain::order_event event{.id = row.id(0),
                                    .order_id = id,
                                    .version = row.version(1),
                                    .status = row.status(2),
                                    .recorded_at = row.time(3)};
    return redrive_event(db, event, now);
}

}  // namespace

std::vector<ports::outbox_row> find_pending(connection& db, std::span<const ports::shard_position> positions,
                                            std::size_t limit) {
    std::vector<ports::outbox_row> rows;
    std::vector<ports::shard_position> unfinished(positions.begin(), positions.end());
    while (!unfinished.empty() && rows.size() < limit) {
        const auto part = (limit - rows.size() + unfinished.size() - 1) / unfinished.size();
        std::erase_if(unfinished, [&](ports::shard_position& position) {
            return read_shard(db, position, std::min(part, limit - rows.size()), rows) < part;
        });
    }
    std::ranges::sort(rows, {}, &ports::outbox_row::sequence);
    return rows;
}

void settle_rows(connection& db, std::span<const ports::outbox_row> rows) {
    for (const auto& row : rows) query(db, "DELETE FROM outbox WHERE sequence = ?1", row.sequence).run();
}

ports::outbox_depth measure_depth(connection& db, std::span<const std::uint8_t> shards,
                                  domain::timestamp now) {
    ports::outbox_depth depth;
    for (const auto shard : shards) {
        query count(db, "SELECT count(*) FROM outbox WHERE shard = ?1", shard);
        if (count.step()) depth.pending += count.integer(0);
        query oldest(db,
                     "SELECT max(recorded_at, coalesce("
                     "(SELECT redriven_at FROM orders WHERE id = order_id), recorded_at)) "
                     "FROM outbox WHERE shard = ?1 ORDER BY sequence LIMIT 1",
                     shard);
        if (oldest.step()) depth.oldest_age = std::max(depth.oldest_age, now - oldest.time(0));
    }
    return depth;
}

std::size_t purge_idempotency_keys(connection& db, domain::timestamp older_than) {
    query(db,
          "DELETE FROM idempotency_keys WHERE key IN "
          "(SELECT key FROM idempotency_keys WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)",
          older_than, purge_batch)
        .run();
    return static_cast<std::size_t>(db.changes());
}

redrive_candidates find_lost(connection& db, std::chrono::microseconds after, domain::timestamp now,
                             std::optional<domain::uuid> from) {
    redrive_candidates found;
    std::size_t seen = 0;
    query row(db, "SELECT id, status FROM orders WHERE id > ?1 ORDER BY id LIMIT ?2",
              from ? from->to_string() : std::string(), redrive_batch);
    while (row.step()) {
        ++seen;
        found.next = row.id(0);
        if (!domain::is_finished(row.status(1)) && is_lost(db, *found.next, after, now)) {
            found.ids.push_back(*found.next);
        }
    }
    if (seen < redrive_batch) found.next.reset();
    return found;
}

std::size_t announce_again(connection& db, std::span<const domain::uuid> ids, std::chrono::microseconds after,
                           domain::timestamp now) {
    std::size_t announced = 0;
    for (const auto& id : ids) {
        if (is_lost(db, id, after, now) && announce_latest(db, id, now)) ++announced;
    }
    return announced;
}

}  // namespace delivery::sqlite
