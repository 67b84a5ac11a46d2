#include "support/memory_database.hpp"

#include <algorithm>
#include <ranges>

#include "domain/flow.hpp"
#include "domain/order_text.hpp"
#include "domain/shard.hpp"
#include "ports/store_error.hpp"

namespace delivery::tests {
namespace {

void check_text(std::string_view text) {
    if (domain::is_utf8(text) && !text.contains('\0')) return;
    throw ports::store_error(ports::store_fault::bad_data, "a text is not UTF-8 or holds NUL");
}

void check_texts(const ports::new_order& wanted) {
    check_text(wanted.customer_name);
    check_text(wanted.address);
    if (wanted.idempotency) check_text(wanted.idempotency->key);
}

domain::order as_created(domain::order stored) {
    stored.status = domain::first_status;
    stored.version = 1;
    stored.updated_at = stored.created_at;
    return stored;
}

}  // namespace

std::int64_t memory_database::reserve_sequences(std::size_t count) {
    const auto first = last_sequence_ + 1;
    last_sequence_ += static_cast<std::int64_t>(count);
    return first;
}

std::vector<ports::create_result> memory_database::create(std::span<const ports::new_order> wanted,
                                                          std::int64_t first_sequence) {
    std::ranges::for_each(wanted, check_texts);
    std::vector<ports::create_result> results;
    for (const auto& order : wanted) results.push_back(create_one(order, first_sequence++));
    return results;
}

std::optional<ports::create_result> memory_database::find_key(const ports::new_order& wanted) const {
    const auto key = keys.find(wanted.idempotency->key);
    if (key == keys.end()) return std::nullopt;
    const auto& first = key->second;
    const bool is_own = first.order_id == wanted.id;
    if (!is_own && first.fingerprint != wanted.idempotency->fingerprint) {
        return ports::create_result{.outcome = ports::create_outcome::key_reused, .order = {}};
    }
    const auto order = orders.find(first.order_id);
    if (order == orders.end()) return std::nullopt;
    return ports::create_result{
        .outcome = is_own ? ports::create_outcome::created : ports::create_outcome::replayed,
        .order = as_created(order->second.order)};
}

ports::create_result memory_database::create_one(const ports::new_order& wanted, std::int64_t sequence) {
    if (wanted.idempotency) {
        if (auto earlier = find_key(wanted)) return std::move(*earlier);
    }
    const auto now = now_();
    const domain::order order{.id = wanted.id,
                              .customer_name = wanted.customer_name,
                              .address = wanted.address,
                              .status = domain::first_status,
                              .version = 1,
                              .created_at = now,
                              .updated_at = now};
    const auto [stored, is_new] =
        orders.try_emplace(wanted.id, stored_order{.order = order, .redriven_at = {}});
    if (!is_new)
        return {.outcome = ports::create_outcome::created, .order = as_created(stored->second.order)};
    add_event({.id = wanted.event_id,
               .order_id = wanted.id,
               .version = 1,
               .status = domain::first_status,
               .recorded_at = now},
              wanted.traceparent, sequence);
    if (wanted.idempotency) {
        keys[wanted.idempotency->key] = {
            .fingerprint = wanted.idempotency->fingerprint, .order_id = wanted.id, .created_at = now};
    }
    return {.outcome = ports::create_outcome::created, .order = order};
}

std::vector<std::optional<domain::order>> memory_database::find(std::span<const domain::uuid> ids) const {
    std::vector<std::optional<domain::order>> found;
    for (const auto& id : ids) {
        const auto order = orders.find(id);
        found.push_back(order == orders.end() ? std::nullopt : std::optional(order->second.order));
    }
    return found;
}

std::vector<std::optional<std::vector<domain::order_event>>> memory_database::history(
    std::span<const domain::uuid> ids) const {
    std::vector<std::optional<std::vector<domain::order_event>>> found;
    for (const auto& id : ids) {
        found.emplace_back(std::nullopt);
        if (orders.contains(id)) found.back() = audit_one(id).events;
    }
    return found;
}

std::vector<domain::order> memory_database::list(const ports::page_request& request) const {
    const auto position_of = [](const domain::order& order) { return std::pair(order.created_at, order.id); };
    std::vector<domain::order> page;
    for (const auto& stored : orders | std::views::values) {
        const auto& order = stored.order;
        if (request.status && order.status != *request.status) continue;
        if (request.after && position_of(order) >= std::pair(request.after->created_at, request.after->id))
            continue;
        page.push_back(order);
    }
    std::ranges::sort(page, std::ranges::greater{}, position_of);
    if (page.size() > request.limit) page.resize(request.limit);
    return page;
}

std::vector<ports::import_outcome> memory_database::import_orders(
    std::span<const ports::imported_order> imported) {
    std::vector<ports::import_outcome> outcomes;
    for (const auto& [order, history] : imported) {
        check_text(order.customer_name);
        check_text(order.address);
    }
    for (const auto& [order, history] : imported) {
        const auto [stored, is_taken] =
            orders.try_emplace(order.id, stored_order{.order = order, .redriven_at = {}});
        outcomes.push_back(is_taken ? ports::import_outcome::taken : ports::import_outcome::already_there);
        if (!is_taken) continue;
        for (const auto& event : history)
            events[order.id][event.version] = {.event = event, .traceparent = {}};
        if (domain::is_finished(order.status) || history.empty()) continue;
        add_outbox_row(history.back(), {}, reserve_sequences(1));
        stored->second.redriven_at = now_();
    }
    return outcomes;
}

void memory_database::add_event(const domain::order_event& event, const std::string& traceparent,
                                std::int64_t sequence) {
    const stored_event added{.event = event, .traceparent = traceparent};
    if (!events[event.order_id].try_emplace(event.version, added).second) {
        throw ports::store_error(ports::store_fault::bad_data, "this version of the order has its event");
    }
    add_outbox_row(event, traceparent, sequence);
}

void memory_database::add_outbox_row(const domain::order_event& event, const std::string& traceparent,
                                     std::int64_t sequence) {
    const bool is_there = std::ranges::any_of(outbox | std::views::values, [&](const ports::outbox_row& row) {
        return row.event.order_id == event.order_id && row.event.version == event.version;
    });
    if (is_there) return;
    outbox[sequence] = {.sequence = sequence,
                        .shard = domain::shard_of(event.order_id),
                        .event = event,
                        .traceparent = traceparent};
}

domain::timestamp memory_database::waits_since(const domain::order_event& event) const {
    const auto order = orders.find(event.order_id);
    if (order == orders.end()) return event.recorded_at;
    return std::max(event.recorded_at, order->second.redriven_at.value_or(event.recorded_at));
}

ports::audited_order memory_database::audit_one(const domain::uuid& id) const {
    ports::audited_order audited{
        .id = id, .order = {}, .events = {}, .outbox = {}, .timers = {}, .unreadable = {}};
    if (const auto order = orders.find(id); order != orders.end()) audited.order = order->second.order;
    if (const auto history = events.find(id); history != events.end()) {
        for (const auto& stored : history->second | std::views::values)
            audited.events.push_back(stored.event);
    }
    for (const auto& row : outbox | std::views::values) {
        if (row.event.order_id != id) continue;
        audited.outbox.push_back({.version = row.event.version, .overdue = now_() - waits_since(row.event)});
    }
    if (const auto timer = timers.find(id); timer != timers.end()) {
        audited.timers.push_back(
            {.version = timer->second.version, .overdue = now_() - timer->second.due_at});
    }
    return audited;
}

ports::audit_page memory_database::audit(std::optional<domain::uuid> after, std::size_t limit) const {
    std::set<domain::uuid> ids;
    for (const auto& id : orders | std::views::keys) ids.insert(id);
    for (const auto& id : events | std::views::keys) ids.insert(id);
    for (const auto& id : timers | std::views::keys) ids.insert(id);
    for (const auto& row : outbox | std::views::values) ids.insert(row.event.order_id);
    ports::audit_page page;
    for (auto id = after ? ids.upper_bound(*after) : ids.begin(); id != ids.end(); ++id) {
        if (page.orders.size() == limit) {
            page.next = page.orders.back().id;
            break;
        }
        page.orders.push_back(audit_one(*id));
    }
    return page;
}

}  // namespace delivery::tests
