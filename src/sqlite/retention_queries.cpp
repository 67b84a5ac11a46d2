#include "sqlite/retention_queries.hpp"

#include <algorithm>
#include <tuple>

#include "domain/flow.hpp"
#include "sqlite/query.hpp"

namespace delivery::sqlite {
namespace {

constexpr std::size_t batch = 500;

/// The next finished orders created before a moment, oldest first.
std::vector<ports::page_position> find_page(connection& db, const ports::page_position& after,
                                            domain::timestamp before) {
    std::vector<ports::page_position> page;
    for (const auto status : domain::all_statuses()) {
        if (!domain::is_finished(status)) continue;
        query row(db,
                  "SELECT created_at, id FROM orders WHERE status = ?1 AND (created_at, id) > (?2, ?3) "
                  "AND created_at < ?4 ORDER BY created_at, id LIMIT ?5",
                  status, after.created_at, after.id, before, batch);
        while (row.step()) page.push_back({.created_at = row.time(0), .id = row.id(1)});
    }
    std::ranges::sort(page, {}, [](const auto& each) { return std::tuple(each.created_at, each.id); });
    if (page.size() > batch) page.resize(batch);
    return page;
}

bool may_go(connection& db, const domain::uuid& id, domain::timestamp before) {
    query row(db,
              "SELECT 1 FROM orders WHERE id = ?1 AND updated_at < ?2 "
              "AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.order_id = orders.id) "
              "AND NOT EXISTS (SELECT 1 FROM timers WHERE timers.order_id = orders.id)",
              id, before);
    return row.step();
}

void remove(connection& db, const domain::uuid& id) {
    query(db, "DELETE FROM order_events WHERE order_id = ?1", id).run();
    query(db, "DELETE FROM orders WHERE id = ?1", id).run();
}

}  // namespace

ports::purge_result purge_orders(connection& db, const ports::purge_request& request, domain::timestamp now) {
    const auto before = now - request.age;
    const auto after = request.after.value_or(ports::page_position{});
    ports::purge_result result;
    for (const auto& position : find_page(db, after, before)) {
        result.next = position;
        if (!may_go(db, position.id, before)) continue;
        if (!request.only_counts) remove(db, position.id);
        ++result.orders;
    }
    return result;
}

}  // namespace delivery::sqlite
