#include <map>

#include <fmt/format.h>

#include "postgres/order_rows.hpp"
#include "postgres/postgres_store.hpp"

namespace delivery::postgres {
namespace {

// One statement, so one snapshot. The page ends at an id of any table; everything up to there is read from
// all, orphans too. Moments are microseconds overdue for outbox rows and timers.
constexpr statement read_audit{.name = "audit",
                               .sql = R"(
WITH page AS MATERIALIZED (
    SELECT max(id::text)::uuid AS last FROM (
        SELECT id FROM (
            (SELECT id FROM orders WHERE id > $1::uuid ORDER BY id LIMIT $2)
            UNION (SELECT order_id FROM order_events WHERE order_id > $1::uuid ORDER BY order_id LIMIT $2)
            UNION (SELECT order_id FROM outbox WHERE order_id > $1::uuid ORDER BY order_id LIMIT $2)
            UNION (SELECT order_id FROM timers WHERE order_id > $1::uuid ORDER BY order_id LIMIT $2)
        ) AS ids ORDER BY id LIMIT $2
    ) AS first_ids
)
SELECT 0 AS kind, id, version, status, created_at, updated_at, customer_name, address, NULL::uuid, 0::int8
FROM orders WHERE id > $1 AND id <= (SELECT last FROM page)
UNION ALL
SELECT 1, order_id, version, status, recorded_at, recorded_at, '', '', id, 0
FROM order_events WHERE order_id > $1 AND order_id <= (SELECT last FROM page)
UNION ALL
SELECT 2, order_id, version, '', recorded_at, recorded_at, '', '', NULL,
    (extract(epoch FROM clock_timestamp()
        - greatest(recorded_at, (SELECT redriven_at FROM orders WHERE id = order_id))) * 1000000)::int8
FROM outbox WHERE order_id > $1 AND order_id <= (SELECT last FROM page)
UNION ALL
SELECT 3, order_id, version, '', due_at, due_at, '', '', NULL,
    (extract(epoch FROM clock_timestamp() - due_at) * 1000000)::int8
FROM timers WHERE order_id > $1 AND order_id <= (SELECT last FROM page)
ORDER BY 2, 1, 3)",
                               .writes = false};

constexpr statement count_roughly{.name = "audit",
                                  .sql = R"(
SELECT greatest(reltuples, 0)::int8 FROM pg_class WHERE oid = 'orders'::regclass)",
                                  .writes = false};

enum column : int {
    kind,
    id,
    version,
    status,
    first_time,
    second_time,
    customer_name,
    address,
    event_id,
    overdue
};
enum row_kind : std::int32_t { order_row, event_row, outbox_entry, timer_row };

void read_unknown_status(const rows& found, int row, ports::audited_order& into) {
    into.unreadable.push_back(
        fmt::format("version {}: unknown status '{}'", found.int32(row, version), found.text(row, status)));
}

void read_order_row(const rows& found, int row, ports::audited_order& into) {
    const auto known = domain::parse_status(found.bytes(row, status));
    if (!known) read_unknown_status(found, row, into);
    into.order = domain::order{.id = into.id,
                               .customer_name = found.text(row, customer_name),
                               .address = found.text(row, address),
                               .status = known.value_or(domain::status::received),
                               .version = found.int32(row, version),
                               .created_at = found.timestamp(row, first_time),
                               .updated_at = found.timestamp(row, second_time)};
}

void read_event_row(const rows& found, int row, ports::audited_order& into) {
    const auto known = domain::parse_status(found.bytes(row, status));
    if (!known) return read_unknown_status(found, row, into);
    into.events.push_back({.id = found.uuid(row, event_id),
                           .order_id = into.id,
                           .version = found.int32(row, version),
                           .status = *known,
                           .recorded_at = found.timestamp(row, first_time)});
}

void read_row(const rows& found, int row, ports::audited_order& into) {
    const ports::audited_wait wait{.version = found.int32(row, version),
                                   .overdue = std::chrono::microseconds(found.int64(row, overdue))};
    switch (found.int32(row, kind)) {
        case order_row: return read_order_row(found, row, into);
        case event_row: return read_event_row(found, row, into);
        case outbox_entry: return into.outbox.push_back(wait);
        default: return into.timers.push_back(wait);
    }
}

}  // namespace

awaitable<ports::audit_page> postgres_store::audit(std::optional<domain::uuid> after, std::size_t limit) {
    parameters values;
    values.add(after.value_or(domain::uuid{})).add(static_cast<std::int64_t>(limit));
    const auto found = co_await run(read_audit, values);
    ports::audit_page page;
    for (int row = 0; row < found.size(); ++row) {
        const auto order_id = found.uuid(row, id);
        if (page.orders.empty() || page.orders.back().id != order_id)
            page.orders.emplace_back().id = order_id;
        read_row(found, row, page.orders.back());
    }
    // A page can be short although more follows, where one id has many rows; only an empty one is the end.
    if (!page.orders.empty()) page.next = page.orders.back().id;
    co_return page;
}

awaitable<std::int64_t> postgres_store::estimate_orders() {
    const parameters none;
    const auto found = co_await run(count_roughly, none);
    co_return found.int64(0, 0);
}

}  // namespace delivery::postgres
