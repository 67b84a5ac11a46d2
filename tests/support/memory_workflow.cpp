#include <algorithm>
#include <ranges>

#include "domain/flow.hpp"
#include "domain/shard.hpp"
#include "ports/store_error.hpp"
#include "support/memory_database.hpp"

// The worker's and the relay's part of the database in memory.
namespace delivery::tests {
namespace {

constexpr std::size_t redrive_batch = 1'000;
constexpr std::size_t purge_batch = 1'000;
constexpr std::chrono::minutes longest_lease{1};

}  // namespace

domain::order_event memory_database::advance(domain::order& order, domain::status to,
                                             const domain::uuid& event_id, const std::string& traceparent) {
    const domain::order_event event{.id = event_id,
                                    .order_id = order.id,
                                    .version = order.version + 1,
                                    .status = to,
                                    .recorded_at = std::max(now_(), order.updated_at)};
    add_event(event, traceparent, reserve_sequences(1));
    order.status = to;
    order.version = event.version;
    order.updated_at = event.recorded_at;
    return event;
}

ports::step_outcome memory_database::take_step(const ports::step_request& step) {
    using enum ports::step_outcome;
    const auto found = orders.find(step.order_id);
    if (found == orders.end()) return missing;
    auto& order = found->second.order;
    if (order.version > step.version) {
        const auto history = events.find(step.order_id);
        if (history == events.end()) return stale;
        const auto next = history->second.find(step.version + 1);
        return next != history->second.end() && next->second.event.id == step.event_id ? advanced : stale;
    }
    if (order.version < step.version) return ahead;
    if (order.status != step.from) return contradicted;
    if (step.delay > std::chrono::milliseconds::zero()) {
        auto& timer =
            timers.try_emplace(step.order_id, stored_timer{.version = 0, .due_at = {}, .traceparent = {}})
                .first->second;
        if (timer.version < step.version) {
            timer = {.version = step.version, .due_at = now_() + step.delay, .traceparent = step.traceparent};
        }
        return scheduled;
    }
    advance(order, step.to, step.event_id, step.traceparent);
    return advanced;
}

std::vector<ports::step_outcome> memory_database::take_steps(std::span<const ports::step_request> steps) {
    for (const auto& step : steps) check_step(step.order_id);
    // All requests of an order are judged by how it was before this call: the latest version goes first.
    std::vector<std::size_t> sorted(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) sorted[i] = i;
    std::ranges::sort(sorted, [&](std::size_t left, std::size_t right) {
        return std::pair(-steps[left].version, left) < std::pair(-steps[right].version, right);
    });

    std::vector<ports::step_outcome> outcomes(steps.size(), ports::step_outcome::missing);
    std::map<std::pair<domain::uuid, std::int32_t>, ports::step_outcome> answered;
    for (const auto i : sorted) {
        const std::pair wanted(steps[i].order_id, steps[i].version);
        const auto earlier = answered.find(wanted);
        outcomes[i] = earlier != answered.end() ? earlier->second : take_step(steps[i]);
        answered.emplace(wanted, outcomes[i]);
    }
    return outcomes;
}

/// What a constraint would say, before anything is changed.
void memory_database::check_step(const domain::uuid& order_id) const {
    const auto found = orders.find(order_id);
    const auto history = events.find(order_id);
    const bool has_next_event = found != orders.end() && history != events.end() &&
                                history->second.contains(found->second.order.version + 1);
    if (!has_next_event && !refused_orders.contains(order_id)) return;
    throw ports::store_error(ports::store_fault::bad_data, "this order's steps are refused");
}

std::vector<std::pair<domain::timestamp, domain::uuid>> memory_database::timers_by_due_time(
    std::span<const domain::uuid> left_out) const {
    std::vector<std::pair<domain::timestamp, domain::uuid>> sorted;
    for (const auto& [id, timer] : timers) {
        if (std::ranges::find(left_out, id) == left_out.end()) sorted.emplace_back(timer.due_at, id);
    }
    std::ranges::sort(sorted);
    return sorted;
}

std::vector<ports::due_timer> memory_database::due_timers(std::size_t limit,
                                                          std::span<const domain::uuid> left_out) const {
    std::vector<ports::due_timer> due;
    for (const auto& [due_at, id] : timers_by_due_time(left_out)) {
        if (due_at > now_() || due.size() == limit) break;
        const auto& timer = timers.at(id);
        const auto found = orders.find(id);
        if (found == orders.end() || found->second.order.version != timer.version) continue;
        due.push_back({.order_id = id,
                       .version = timer.version,
                       .status = found->second.order.status,
                       .traceparent = timer.traceparent});
    }
    return due;
}

ports::due_result memory_database::take_due_timers(std::span<const domain::uuid> event_ids,
                                                   std::span<const domain::uuid> left_out) {
    const auto now = now_();
    const auto by_due_time = timers_by_due_time(left_out);
    for (std::size_t i = 0; i < std::min(by_due_time.size(), event_ids.size()); ++i) {
        if (by_due_time[i].first <= now) check_step(by_due_time[i].second);
    }

    ports::due_result result;
    for (const auto& [due_at, id] : by_due_time) {
        if (due_at > now || result.taken == event_ids.size()) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_at - now);
            result.next_due = std::max(left, std::chrono::milliseconds::zero());
            break;
        }
        const auto timer = timers.extract(id).mapped();
        const auto& event_id = event_ids[result.taken++];
        const auto found = orders.find(id);
        if (found == orders.end() || found->second.order.version != timer.version) continue;
        const auto step = domain::next_step(found->second.order.status);
        if (!step) continue;
        result.advanced.push_back(
            {.event = advance(found->second.order, step->to, event_id, timer.traceparent),
             .from = step->from,
             .traceparent = timer.traceparent});
    }
    return result;
}

void memory_database::add_dead_letters(std::span<const ports::dead_letter> letters) {
    for (const auto& letter : letters) dead_letters.try_emplace(letter.id, letter);
}

std::optional<std::string> memory_database::find_other_bus(const std::string& bus) const {
    for (const auto& relay : relays | std::views::values) {
        if (relay.bus != bus && relay.expires_at > now_() && relay.expires_at <= now_() + longest_lease) {
            return relay.bus;
        }
    }
    return std::nullopt;
}

ports::lease_view memory_database::renew_leases(const ports::relay_identity& relay,
                                                std::chrono::milliseconds time_to_live) {
    const auto now = now_();
    const auto shorten = [&](auto& given) {
        if (given.expires_at > now + longest_lease) given.expires_at = now + time_to_live;
    };
    for (auto& each : relays | std::views::values) shorten(each);
    for (auto& each : leases | std::views::values) shorten(each);
    ports::lease_view view;
    std::vector<std::uint8_t> free;
    for (std::uint8_t shard = 0; shard < domain::shard_count; ++shard) {
        const auto lease = leases.find(shard);
        if (lease == leases.end() || lease->second.expires_at <= now) {
            free.push_back(shard);
        } else if (lease->second.owner == relay.owner) {
            view.shards.push_back(shard);
        }
    }
    if (find_other_bus(relay.bus)) return view;

    std::erase_if(relays, [now](const auto& each) { return each.second.expires_at <= now; });
    relays[relay.owner] = {.bus = relay.bus, .expires_at = now + time_to_live};
    view.fair_share = (domain::shard_count + relays.size() - 1) / relays.size();
    for (const auto shard : free) {
        if (view.shards.size() < view.fair_share) view.shards.push_back(shard);
    }
    std::ranges::sort(view.shards);
    for (const auto shard : view.shards)
        leases[shard] = {.owner = relay.owner, .expires_at = now + time_to_live};
    return view;
}

void memory_database::release_leases(const ports::relay_identity& relay,
                                     std::span<const std::uint8_t> shards) {
    for (const auto shard : shards) {
        const auto lease = leases.find(shard);
        if (lease != leases.end() && lease->second.owner == relay.owner) leases.erase(lease);
    }
}

void memory_database::retire(const ports::relay_identity& relay) {
    std::erase_if(leases, [&](const auto& lease) { return lease.second.owner == relay.owner; });
    relays.erase(relay.owner);
}

std::vector<ports::outbox_row> memory_database::pending(std::span<const ports::shard_position> positions,
                                                        std::size_t limit) const {
    std::map<std::uint8_t, std::int64_t> after;
    for (const auto& position : positions) after[position.shard] = position.after;
    std::vector<ports::outbox_row> rows;
    for (const auto& [sequence, row] : outbox) {
        const auto position = after.find(row.shard);
        if (position == after.end() || sequence <= position->second) continue;
        if (rows.size() == limit) break;
        rows.push_back(row);
    }
    return rows;
}

void memory_database::settle(std::span<const ports::outbox_row> rows) {
    for (const auto& row : rows) outbox.erase(row.sequence);
}

ports::outbox_depth memory_database::depth(std::span<const std::uint8_t> shards) const {
    ports::outbox_depth depth;
    for (const auto& row : outbox | std::views::values) {
        if (std::ranges::find(shards, row.shard) == shards.end()) continue;
        ++depth.pending;
        depth.oldest_age = std::max(depth.oldest_age, now_() - waits_since(row.event));
    }
    return depth;
}

bool memory_database::is_in_outbox(const domain::uuid& order_id) const {
    return std::ranges::any_of(outbox | std::views::values,
                               [&](const ports::outbox_row& row) { return row.event.order_id == order_id; });
}

bool memory_database::is_lost(const domain::uuid& id, std::chrono::microseconds after) const {
    const auto& [order, redriven_at] = orders.at(id);
    if (domain::is_finished(order.status) || timers.contains(id) || is_in_outbox(id)) return false;
    const auto announced_at = redriven_at.value_or(order.updated_at);
    const auto gap = std::min(std::max(after, announced_at - order.updated_at),
                              std::max<std::chrono::microseconds>(after, ports::redrive_gap_max));
    return now_() - std::max(order.updated_at, announced_at) >= gap;
}

ports::outbox_store::redrive_result memory_database::redrive(std::chrono::milliseconds after,
                                                             std::optional<domain::uuid> from) {
    ports::outbox_store::redrive_result result;
    std::size_t seen = 0;
    for (auto found = from ? orders.upper_bound(*from) : orders.begin(); found != orders.end(); ++found) {
        if (seen++ == redrive_batch) return result;
        result.next = found->first;
        if (!is_lost(found->first, after)) continue;
        const auto history = events.find(found->first);
        if (history == events.end() || history->second.empty()) continue;
        const auto& latest = history->second.rbegin()->second;
        add_outbox_row(latest.event, {}, reserve_sequences(1));
        found->second.redriven_at = now_();
        ++result.announced;
    }
    result.next.reset();
    return result;
}

std::size_t memory_database::purge_idempotency_keys(std::chrono::milliseconds age) {
    std::size_t purged = 0;
    for (auto key = keys.begin(); key != keys.end() && purged < purge_batch;) {
        const bool is_old = key->second.created_at < now_() - age;
        key = is_old ? keys.erase(key) : std::next(key);
        if (is_old) ++purged;
    }
    return purged;
}

ports::purge_result memory_database::purge_orders(const ports::purge_request& request) {
    const auto before = now_() - request.age;
    std::set<std::pair<domain::timestamp, domain::uuid>> finished;
    for (const auto& [id, stored] : orders) {
        const std::pair position(stored.order.created_at, id);
        const bool is_later =
            !request.after || position > std::pair(request.after->created_at, request.after->id);
        if (is_later && domain::is_finished(stored.order.status) && stored.order.created_at < before)
            finished.insert(position);
    }
    ports::purge_result result;
    std::size_t looked_at = 0;
    for (const auto& [created_at, id] : finished) {
        if (++looked_at > purge_batch) break;
        result.next = ports::page_position{.created_at = created_at, .id = id};
        const auto& order = orders.at(id).order;
        if (order.updated_at >= before || is_in_outbox(id) || timers.contains(id)) continue;
        ++result.orders;
        if (request.only_counts) continue;
        events.erase(id);
        orders.erase(id);
    }
    return result;
}

}  // namespace delivery::tests
