#include <algorithm>

#include "domain/flow.hpp"
#include "domain/shard.hpp"
#include "postgres/order_rows.hpp"
#include "postgres/postgres_store.hpp"

namespace delivery::postgres {
namespace {

using ports::outbox_row;

// By rank within the shard first, so that the limit cuts every shard's rows short instead of leaving shards
// out, and never leaves a gap.
constexpr statement read_pending{.name = "pending",
                                 .sql = R"(
SELECT o.event_id, o.order_id, o.version, o.status, o.recorded_at, o.sequence, o.shard, o.traceparent
FROM unnest($1::int2[], $2::int8[]) AS p (shard, after) CROSS JOIN LATERAL (
    SELECT *, row_number() OVER (ORDER BY sequence) AS rank FROM outbox
    WHERE outbox.shard = p.shard AND sequence > p.after
    ORDER BY sequence LIMIT $3
) AS o
ORDER BY o.rank, o.shard LIMIT $4)",
                                 .writes = false};

// Losing a deletion only repeats a message, so the commit need not wait for the disk. Set inside the
// statement, it costs no round trip and ends with the transaction.
constexpr statement settle_rows{.name = "settle", .sql = R"(
DELETE FROM outbox o USING unnest($1::int2[], $2::int8[]) AS s (shard, sequence)
WHERE (SELECT set_config('synchronous_commit', 'off', true)) = 'off'
    AND o.shard = s.shard AND o.sequence = s.sequence)"};

// Counts up to a bound in each shard, and goes by the table's size beyond it. The oldest of a shard is taken
// to be the one with the lowest sequence.
constexpr statement measure_depth{.name = "depth",
                                  .sql = R"(
SELECT coalesce(sum(counted), 0)::int8, coalesce(max(counted) >= $2, false),
    coalesce(extract(epoch FROM clock_timestamp() - min(oldest)) * 1000000, 0)::int8,
    (SELECT pg_relation_size('outbox'))
FROM unnest($1::int2[]) AS p (shard) CROSS JOIN LATERAL (
    SELECT count(*) AS counted FROM (SELECT FROM outbox WHERE outbox.shard = p.shard LIMIT $2) AS first
) AS c LEFT JOIN LATERAL (
    SELECT greatest(recorded_at, (SELECT redriven_at FROM orders WHERE id = order_id)) AS oldest
    FROM outbox WHERE outbox.shard = p.shard ORDER BY sequence LIMIT 1
) AS f ON true)",
                                  .writes = false};

// Walks the unfinished orders alone, by the index on status: finished ones are nearly all there are. The
// scalar subqueries stay probes of one order; NOT EXISTS would become one reading of the whole outbox.
//
// The gap doubles with every announcement, since the last one was redriven_at - updated_at after the order's
// last move; a message that waits in the broker's queue is so repeated ever more rarely.
constexpr statement find_lost{.name = "redrive",
                              .sql = R"(
WITH start AS MATERIALIZED (
    SELECT coalesce((SELECT created_at FROM orders WHERE id = $2::uuid), '-infinity') AS created_at
)
SELECT o.id, clock_timestamp() - greatest(o.updated_at, o.redriven_at)
        > least(greatest($3::int8 * interval '1 millisecond', o.redriven_at - o.updated_at),
            $5::int8 * interval '1 millisecond')
    AND (SELECT version FROM outbox WHERE order_id = o.id LIMIT 1) IS NULL
    AND (SELECT version FROM timers WHERE order_id = o.id) IS NULL
FROM start, unnest($1::text[]) AS s (status) CROSS JOIN LATERAL (
    SELECT * FROM orders
    WHERE orders.status = s.status AND (orders.created_at, orders.id) > (start.created_at, $2::uuid)
    ORDER BY orders.created_at, orders.id LIMIT $4
) AS o
ORDER BY o.created_at, o.id LIMIT $4)",
                              .writes = false};

// An order that another transaction has right now is not lost.
constexpr statement announce_lost{.name = "redrive", .sql = R"(
WITH locked AS MATERIALIZED (
    SELECT o.id, o.version, i.shard
    FROM unnest($1::uuid[], $2::int2[]) AS i (id, shard) JOIN orders o ON o.id = i.id
    WHERE clock_timestamp() - greatest(o.updated_at, o.redriven_at)
        > least(greatest($3::int8 * interval '1 millisecond', o.redriven_at - o.updated_at),
            $4::int8 * interval '1 millisecond')
    ORDER BY o.id FOR UPDATE OF o SKIP LOCKED
), announced AS (
    INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent)
    SELECT l.shard, e.order_id, e.version, e.id, e.status, e.recorded_at, ''
    FROM locked l JOIN order_events e ON e.order_id = l.id AND e.version = l.version
    WHERE NOT EXISTS (SELECT FROM outbox WHERE order_id = l.id)
        AND NOT EXISTS (SELECT FROM timers WHERE order_id = l.id)
    ON CONFLICT DO NOTHING
    RETURNING order_id
)
UPDATE orders SET redriven_at = clock_timestamp() FROM announced WHERE id = order_id RETURNING id)"};

std::int64_t rows_a_shard(std::size_t limit, std::size_t shards) {
    constexpr std::size_t at_least = 16;
    constexpr std::size_t times_its_share = 4;
    return static_cast<std::int64_t>(
        std::min(limit, std::max(at_least, times_its_share * limit / shards + 1)));
}

}  // namespace

awaitable<std::vector<outbox_row>> postgres_store::pending(std::span<const ports::shard_position> positions,
                                                           std::size_t limit) {
    std::vector<outbox_row> results;
    if (positions.empty() || limit == 0) co_return results;
    parameters values;
    values
        .add_array(positions,
                   [](const ports::shard_position& position) { return std::int16_t{position.shard}; })
        .add_array(positions, &ports::shard_position::after)
        .add(rows_a_shard(limit, positions.size()))
        .add(static_cast<std::int64_t>(limit));
    const auto found = co_await run(read_pending, values);
    results.reserve(static_cast<std::size_t>(found.size()));
    for (int row = 0; row < found.size(); ++row) {
        results.push_back({.sequence = found.int64(row, 5),
                           .shard = static_cast<std::uint8_t>(found.int16(row, 6)),
                           .event = read_event(found, row),
                           .traceparent = found.text(row, 7)});
    }
    co_return results;
}

awaitable<void> postgres_store::settle(std::span<const outbox_row> settled) {
    if (settled.empty()) co_return;
    // In one sequence everywhere, so that two relays that settle the same rows never wait for each other
    // crosswise.
    std::vector<std::pair<std::uint8_t, std::int64_t>> keys;
    for (const auto& row : settled) keys.emplace_back(row.shard, row.sequence);
    std::ranges::sort(keys);
    parameters values;
    values.add_array(keys, [](const auto& key) { return std::int16_t{key.first}; })
        .add_array(keys, [](const auto& key) { return key.second; });
    co_await run(settle_rows, values);
}

awaitable<ports::outbox_depth> postgres_store::depth(std::span<const std::uint8_t> shards) {
    constexpr std::int64_t counted_max = 2000;
    constexpr std::int64_t bytes_a_row = 200;
    parameters values;
    values.add_array(shards, [](std::uint8_t shard) { return std::int16_t{shard}; }).add(counted_max);
    const auto found = co_await run(measure_depth, values);
    auto pending = found.int64(0, 0);
    if (found.boolean(0, 1)) {
        const auto share = static_cast<std::int64_t>(shards.size());
        pending = std::max(pending, found.int64(0, 3) / bytes_a_row * share / domain::shard_count);
    }
    co_return ports::outbox_depth{
        .pending = pending,
        .oldest_age = std::chrono::microseconds(std::max<std::int64_t>(found.int64(0, 2), 0))};
}

awaitable<ports::outbox_store::redrive_result> postgres_store::redrive(std::chrono::milliseconds after,
                                                                       std::optional<domain::uuid> from) {
    constexpr std::int64_t looked_at_max = 1000;
    std::vector<domain::status> unfinished;
    std::ranges::copy_if(domain::all_statuses(), std::back_inserter(unfinished),
                         [](domain::status status) { return !domain::is_finished(status); });
    const auto gap_max = std::max<std::chrono::milliseconds>(after, ports::redrive_gap_max);
    parameters values;
    values.add_array(unfinished, [](domain::status status) { return domain::to_string(status); })
        .add(from.value_or(domain::uuid{}))
        .add(std::int64_t{after.count()})
        .add(looked_at_max)
        .add(std::int64_t{gap_max.count()});
    const auto found = co_await run(find_lost, values);
    redrive_result result;
    std::vector<domain::uuid> lost;
    for (int row = 0; row < found.size(); ++row) {
        if (found.boolean(row, 1)) lost.push_back(found.uuid(row, 0));
    }
    if (found.size() == looked_at_max) result.next = found.uuid(found.size() - 1, 0);
    if (lost.empty()) co_return result;

    parameters lost_values;
    lost_values.add_array(lost)
        .add_array(lost, [](const domain::uuid& id) { return std::int16_t{domain::shard_of(id)}; })
        .add(std::int64_t{after.count()})
        .add(std::int64_t{gap_max.count()});
    const auto announced = co_await run(announce_lost, lost_values);
    result.announced = static_cast<std::size_t>(announced.size());
    co_return result;
}

}  // namespace delivery::postgres
