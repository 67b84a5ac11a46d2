#include <algorithm>

#include <fmt/format.h>

#include "domain/flow.hpp"
#include "postgres/postgres_store.hpp"

namespace delivery::postgres {
namespace {

// A page of the finished orders' index, oldest first, however many of them are to go: so a call has a bound,
// and the next one need not look at the same orders again. Arrays keep to one probe a row, whatever the
// planner expects.
constexpr const char* page_sql = R"(
WITH page AS MATERIALIZED (
    SELECT o.id, o.created_at
    FROM unnest($1::text[]) AS s (status) CROSS JOIN LATERAL (
        SELECT id, created_at FROM orders
        WHERE orders.status = s.status AND (created_at, id) > ($2::timestamptz, $3::uuid)
            AND created_at < now() - $4::int8 * interval '1 millisecond'
        ORDER BY created_at, id LIMIT 500
    ) AS o
    ORDER BY o.created_at, o.id LIMIT 500
), chosen AS MATERIALIZED (
    SELECT o.id FROM orders o
    WHERE o.id = ANY (ARRAY(SELECT id FROM page)) AND o.status = ANY ($1::text[])
        AND o.updated_at < now() - $4::int8 * interval '1 millisecond'
        AND (SELECT version FROM outbox WHERE order_id = o.id LIMIT 1) IS NULL
        AND (SELECT version FROM timers WHERE order_id = o.id) IS NULL)";

constexpr const char* answer_sql = R"(
SELECT (SELECT count(*) FROM chosen), created_at, id FROM page ORDER BY created_at DESC, id DESC LIMIT 1)";

constexpr const char* removal_sql = R"(
    ORDER BY o.id FOR UPDATE OF o SKIP LOCKED
), histories AS (
    DELETE FROM order_events WHERE order_id = ANY (ARRAY(SELECT id FROM chosen))
), gone AS (
    DELETE FROM orders WHERE id = ANY (ARRAY(SELECT id FROM chosen)))";

statement count_old() {
    static const auto sql = fmt::format("{}\n){}", page_sql, answer_sql);
    return {.name = "purge", .sql = sql.c_str(), .writes = false};
}

statement delete_old() {
    static const auto sql = fmt::format("{}{}\n){}", page_sql, removal_sql, answer_sql);
    return {.name = "purge", .sql = sql.c_str()};
}

std::vector<domain::status> finished_statuses() {
    std::vector<domain::status> finished;
    std::ranges::copy_if(domain::all_statuses(), std::back_inserter(finished), domain::is_finished);
    return finished;
}

}  // namespace

awaitable<ports::purge_result> postgres_store::purge_orders(const ports::purge_request& request) {
    const auto after = request.after.value_or(ports::page_position{});
    parameters values;
    values.add_array(finished_statuses(), [](domain::status status) { return domain::to_string(status); })
        .add(after.created_at)
        .add(after.id)
        .add(std::int64_t{request.age.count()});
    const auto found = co_await run(request.only_counts ? count_old() : delete_old(), values);
    if (found.empty()) co_return ports::purge_result{};
    co_return ports::purge_result{
        .orders = static_cast<std::size_t>(found.int64(0, 0)),
        .next = ports::page_position{.created_at = found.timestamp(0, 1), .id = found.uuid(0, 2)}};
}

}  // namespace delivery::postgres
