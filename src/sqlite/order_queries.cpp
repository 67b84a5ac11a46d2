#include "sqlite/order_queries.hpp"

#include <algorithm>
#include <limits>

#include "domain/flow.hpp"
#include "domain/order_text.hpp"
#include "ports/store_error.hpp"
#include "sqlite/event_queries.hpp"
#include "sqlite/query.hpp"

namespace delivery::sqlite {
namespace {

/// PostgreSQL refuses such texts; what one store takes, the other must take too.
void check_text(std::string_view text) {
    if (domain::is_utf8(text) && !text.contains('\0')) return;
    throw ports::store_error(ports::store_fault::bad_data, "a text is not UTF-8 or holds NUL");
}

domain::order read_order(const query& row) {
    return {.id = row.id(0),
            .customer_name = std::string(row.text(1)),
            .address = std::string(row.text(2)),
            .status = row.status(3),
            .version = row.version(4),
            .created_at = row.time(5),
            .updated_at = row.time(6)};
}

/// The order as it was when it was created.
domain::order as_created(domain::order stored) {
    stored.status = domain::first_status;
    stored.version = 1;
    stored.updated_at = stored.created_at;
    return stored;
}

std::optional<domain::order> find_order(connection& db, const domain::uuid& id) {
    query row(db,
              "SELECT id, customer_name, address, status, version, created_at, updated_at FROM orders WHERE "
              "id = ?1",
              id);
    if (!row.step()) return std::nullopt;
    return read_order(row);
}

/// What the key's first use says about this one; nothing where this is the first.
std::optional<ports::create_result> find_key(connection& db, const ports::new_order& wanted) {
    query row(db, "SELECT fingerprint, order_id FROM idempotency_keys WHERE key = ?1",
              wanted.idempotency->key);
    if (!row.step()) return std::nullopt;
    const auto first_id = row.id(1);
    const bool is_own = first_id == wanted.id;
    if (!is_own && !std::ranges::equal(row.bytes(0), wanted.idempotency->fingerprint)) {
        return ports::create_result{.outcome = ports::create_outcome::key_reused, .order = {}};
    }
    auto first = find_order(db, first_id);
    if (!first) return std::nullopt;  // Deleted by hand since.
    return ports::create_result{
        .outcome = is_own ? ports::create_outcome::created : ports::create_outcome::replayed,
        .order = as_created(std::move(*first))};
}

bool insert_order(connection& db, const domain::order& order) {
    query(db,
          "INSERT INTO orders (id, customer_name, address, status, version, created_at, updated_at) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
          order.id, order.customer_name, order.address, order.status, order.version, order.created_at,
          order.updated_at)
        .run();
    return db.changes() == 1;
}

void insert_key(connection& db, const ports::new_order& wanted, domain::timestamp now) {
    query(db,
          "INSERT OR REPLACE INTO idempotency_keys (key, fingerprint, order_id, created_at) VALUES (?1, ?2, "
          "?3, ?4)",
          wanted.idempotency->key, std::span<const std::uint8_t>(wanted.idempotency->fingerprint), wanted.id,
          now)
        .run();
}

ports::create_result create_order(connection& db, const ports::new_order& wanted, domain::timestamp now) {
    check_text(wanted.customer_name);
    check_text(wanted.address);
    if (wanted.idempotency) {
        check_text(wanted.idempotency->key);
        if (auto earlier = find_key(db, wanted)) return std::move(*earlier);
    }
    ports::create_result result{.outcome = ports::create_outcome::created,
                                .order = {.id = wanted.id,
                                          .customer_name = wanted.customer_name,
                                          .address = wanted.address,
                                          .status = domain::first_status,
                                          .version = 1,
                                          .created_at = now,
                                          .updated_at = now}};
    if (!insert_order(db, result.order)) {
        result.order = as_created(find_order(db, wanted.id).value());
        return result;
    }
    add_event(db,
              {.id = wanted.event_id,
               .order_id = wanted.id,
               .version = 1,
               .status = domain::first_status,
               .recorded_at = now},
              wanted.traceparent);
    if (wanted.idempotency) insert_key(db, wanted, now);
    return result;
}

// A page of all statuses merges one index range a status, so that its cost does not depend on its depth.
// tests/unit/sqlite/query_plan_test.cpp holds it to that.
constexpr const char* list_one_status =
    "SELECT id, customer_name, address, status, version, created_at, updated_at FROM orders "
    "WHERE status = ?1 AND (created_at, id) < (?2, ?3) ORDER BY created_at DESC, id DESC LIMIT ?4";

}  // namespace

std::vector<ports::create_result> create_orders(connection& db, std::span<const ports::new_order> orders,
                                                domain::timestamp now) {
    std::vector<ports::create_result> results;
    results.reserve(orders.size());
    for (const auto& order : orders) results.push_back(create_order(db, order, now));
    return results;
}

std::vector<std::optional<domain::order>> find_orders(connection& db, std::span<const domain::uuid> ids) {
    std::vector<std::optional<domain::order>> found;
    found.reserve(ids.size());
    for (const auto& id : ids) found.push_back(find_order(db, id));
    return found;
}

std::vector<std::optional<std::vector<domain::order_event>>> find_histories(
    connection& db, std::span<const domain::uuid> ids) {
    std::vector<std::optional<std::vector<domain::order_event>>> found;
    found.reserve(ids.size());
    for (const auto& id : ids) {
        query order(db, "SELECT 1 FROM orders WHERE id = ?1", id);
        if (order.step()) {
            found.emplace_back(find_events(db, id));
        } else {
            found.emplace_back(std::nullopt);
        }
    }
    return found;
}

std::vector<domain::order> list_orders(connection& db, const ports::page_request& request) {
    const auto after_time = request.after ? request.after->created_at : domain::timestamp::max();
    const auto after_id = request.after ? request.after->id.to_string() : std::string();
    std::vector<domain::status> statuses{request.status.value_or(domain::first_status)};
    if (!request.status) statuses.assign(domain::all_statuses().begin(), domain::all_statuses().end());
    std::vector<domain::order> page;
    for (const auto status : statuses) {
        query row(db, list_one_status, status, after_time, after_id, request.limit);
        while (row.step()) page.push_back(read_order(row));
    }
    std::ranges::sort(page, [](const domain::order& left, const domain::order& right) {
        return std::pair(left.created_at, left.id) > std::pair(right.created_at, right.id);
    });
    if (page.size() > request.limit) page.resize(request.limit);
    return page;
}

std::vector<ports::import_outcome> import_orders(connection& db,
                                                 std::span<const ports::imported_order> orders,
                                                 domain::timestamp now) {
    std::vector<ports::import_outcome> outcomes;
    for (const auto& [order, events] : orders) {
        check_text(order.customer_name);
        check_text(order.address);
        const bool is_taken = insert_order(db, order);
        outcomes.push_back(is_taken ? ports::import_outcome::taken : ports::import_outcome::already_there);
        if (!is_taken) continue;
        for (const auto& event : events) insert_event(db, event);
        if (!domain::is_finished(order.status) && !events.empty()) redrive_event(db, events.back(), now);
    }
    return outcomes;
}

}  // namespace delivery::sqlite
