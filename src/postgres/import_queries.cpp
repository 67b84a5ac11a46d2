#include "domain/flow.hpp"
#include "domain/shard.hpp"
#include "postgres/postgres_store.hpp"

namespace delivery::postgres {
namespace {

constexpr statement import_all{.name = "import", .sql = R"(
WITH stored AS (
    INSERT INTO orders (id, customer_name, address, status, version, created_at, updated_at)
    SELECT id, customer_name, address, status, version,
        'epoch'::timestamptz + created * interval '1 microsecond',
        'epoch'::timestamptz + updated * interval '1 microsecond'
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::int8[], $7::int8[])
        AS o (id, customer_name, address, status, version, created, updated)
    ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING id
), history AS MATERIALIZED (
    SELECT e.id, e.order_id, e.version, e.status, e.shard, e.waits,
        'epoch'::timestamptz + e.recorded * interval '1 microsecond' AS recorded_at
    FROM unnest($8::uuid[], $9::uuid[], $10::int4[], $11::text[], $12::int8[], $13::int2[], $14::int2[])
        AS e (id, order_id, version, status, recorded, shard, waits)
    JOIN stored s ON s.id = e.order_id
), events AS (
    INSERT INTO order_events (order_id, version, id, status, recorded_at)
    SELECT order_id, version, id, status, recorded_at FROM history
), announced AS (
    INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent)
    SELECT shard, order_id, version, id, status, recorded_at, '' FROM history WHERE waits = 1
)
SELECT count(*) FROM stored)"};

struct flat_event {
    const domain::order_event* event;
    bool waits;  ///< Whether it goes into the outbox.
};

std::vector<flat_event> flatten(std::span<const ports::imported_order> orders) {
    std::vector<flat_event> events;
    for (const auto& order : orders) {
        for (const auto& event : order.events) {
            const bool is_latest = &event == &order.events.back();
            events.push_back({.event = &event, .waits = is_latest && !domain::is_finished(event.status)});
        }
    }
    return events;
}

std::int64_t microseconds(domain::timestamp time) { return time.time_since_epoch().count(); }

}  // namespace

awaitable<std::size_t> postgres_store::import_orders(std::span<const ports::imported_order> orders) {
    if (orders.empty()) co_return 0;
    using imported = ports::imported_order;
    parameters values;
    values.add_array(orders, [](const imported& item) { return item.order.id; })
        .add_array(orders, [](const imported& item) { return std::string_view(item.order.customer_name); })
        .add_array(orders, [](const imported& item) { return std::string_view(item.order.address); })
        .add_array(orders, [](const imported& item) { return domain::to_string(item.order.status); })
        .add_array(orders, [](const imported& item) { return item.order.version; })
        .add_array(orders, [](const imported& item) { return microseconds(item.order.created_at); })
        .add_array(orders, [](const imported& item) { return microseconds(item.order.updated_at); });
    const auto events = flatten(orders);
    values.add_array(events, [](const flat_event& item) { return item.event->id; })
        .add_array(events, [](const flat_event& item) { return item.event->order_id; })
        .add_array(events, [](const flat_event& item) { return item.event->version; })
        .add_array(events, [](const flat_event& item) { return domain::to_string(item.event->status); })
        .add_array(events, [](const flat_event& item) { return microseconds(item.event->recorded_at); })
        .add_array(
            events,
            [](const flat_event& item) { return std::int16_t{domain::shard_of(item.event->order_id)}; })
        .add_array(events, [](const flat_event& item) { return static_cast<std::int16_t>(item.waits); });
    const auto stored = co_await run(import_all, values);
    co_return static_cast<std::size_t>(stored.int64(0, 0));
}

}  // namespace delivery::postgres
