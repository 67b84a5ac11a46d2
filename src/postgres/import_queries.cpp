#include "domain/flow.hpp"
#include "domain/shard.hpp"
#include "postgres/postgres_store.hpp"

namespace delivery::postgres {
namespace {

constexpr statement import_all{.name = "import", .sql = R"(
WITH given AS MATERIALIZED (
    SELECT DISTINCT ON (id) *
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::int8[], $7::int8[],
        $8::int2[])
        WITH ORDINALITY AS o (id, customer_name, address, status, version, created, updated, waits, item)
    ORDER BY id, item
), stored AS (
    INSERT INTO orders (id, customer_name, address, status, version, created_at, updated_at, redriven_at)
    SELECT id, customer_name, address, status, version,
        'epoch'::timestamptz + created * interval '1 microsecond',
        'epoch'::timestamptz + updated * interval '1 microsecond',
        CASE WHEN waits = 1 THEN clock_timestamp() END
    FROM given ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING id
), taken AS MATERIALIZED (
    SELECT item, id, version, waits FROM given JOIN stored USING (id)
), history AS MATERIALIZED (
    SELECT e.id, t.id AS order_id, e.version, e.status, e.shard,
        t.waits = 1 AND e.version = t.version AS waits,
        'epoch'::timestamptz + e.recorded * interval '1 microsecond' AS recorded_at
    FROM unnest($9::uuid[], $10::int8[], $11::int4[], $12::text[], $13::int8[], $14::int2[])
        AS e (id, item, version, status, recorded, shard)
    JOIN taken t USING (item)
), events AS (
    INSERT INTO order_events (order_id, version, id, status, recorded_at)
    SELECT order_id, version, id, status, recorded_at FROM history
), announced AS (
    INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent)
    SELECT shard, order_id, version, id, status, recorded_at, '' FROM history WHERE waits
)
SELECT item FROM taken)"};

struct flat_event {
    std::int64_t item;  ///< Its order's place among the orders, from 1.
    const domain::order_event* event;
};

std::vector<flat_event> flatten(std::span<const ports::imported_order> orders) {
    std::vector<flat_event> events;
    std::int64_t item = 0;
    for (const auto& order : orders) {
        ++item;
        for (const auto& event : order.events) events.push_back({.item = item, .event = &event});
    }
    return events;
}

std::int64_t microseconds(domain::timestamp time) { return time.time_since_epoch().count(); }

}  // namespace

awaitable<std::vector<ports::import_outcome>> postgres_store::import_orders(
    std::span<const ports::imported_order> orders) {
    std::vector<ports::import_outcome> outcomes(orders.size(), ports::import_outcome::already_there);
    if (orders.empty()) co_return outcomes;
    using imported = ports::imported_order;
    parameters values;
    values.add_array(orders, [](const imported& item) { return item.order.id; })
        .add_array(orders, [](const imported& item) { return std::string_view(item.order.customer_name); })
        .add_array(orders, [](const imported& item) { return std::string_view(item.order.address); })
        .add_array(orders, [](const imported& item) { return domain::to_string(item.order.status); })
        .add_array(orders, [](const imported& item) { return item.order.version; })
        .add_array(orders, [](const imported& item) { return microseconds(item.order.created_at); })
        .add_array(orders, [](const imported& item) { return microseconds(item.order.updated_at); })
        .add_array(orders, [](const imported& item) {
            return static_cast<std::int16_t>(!domain::is_finished(item.order.status));
        });
    const auto events = flatten(orders);
    values.add_array(events, [](const flat_event& item) { return item.event->id; })
        .add_array(events, &flat_event::item)
        .add_array(events, [](const flat_event& item) { return item.event->version; })
        .add_array(events, [](const flat_event& item) { return domain::to_string(item.event->status); })
        .add_array(events, [](const flat_event& item) { return microseconds(item.event->recorded_at); })
        .add_array(events, [](const flat_event& item) {
            return std::int16_t{domain::shard_of(item.event->order_id)};
        });
    const auto taken = co_await run(import_all, values);
    for (int row = 0; row < taken.size(); ++row)
        outcomes.at(static_cast<std::size_t>(taken.int64(row, 0) - 1)) = ports::import_outcome::taken;
    co_return outcomes;
}

}  // namespace delivery::postgres
