#include "sqlite/step_queries.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>

#include "sqlite/event_queries.hpp"
#include "sqlite/query.hpp"

namespace delivery::sqlite {
namespace {

using ports::step_outcome;

struct order_state {
    domain::status status = domain::status::received;
    std::int32_t version = 0;
    domain::timestamp updated_at;
};

std::optional<order_state> find_state(connection& db, const domain::uuid& id) {
    query row(db, "SELECT status, version, updated_at FROM orders WHERE id = ?1", id);
    if (!row.step()) return std::nullopt;
    return order_state{.status = row.status(0), .version = row.version(1), .updated_at = row.time(2)};
}

/// Writes the order's next event, whose time is never before that of the one before it.
domain::order_event advance(connection& db, const domain::uuid& id, const order_state& state,
                            domain::status to, const domain::uuid& event_id, const std::string& traceparent,
                            domain::timestamp now) {
    const domain::order_event event{.id = event_id,
                                    .order_id = id,
                                    .version = state.version + 1,
                                    .status = to,
                                    .recorded_at = std::max(now, state.updated_at)};
    query(db, "UPDATE orders SET status = ?2, version = ?3, updated_at = ?4 WHERE id = ?1", id, event.status,
          event.version, event.recorded_at)
        .run();
    add_event(db, event, traceparent);
    return event;
}

/// A repeated request leaves the timer as it is; one for a later version takes its place.
void schedule(connection& db, const ports::step_request& step, domain::timestamp now) {
    query(db,
          "INSERT INTO timers (order_id, version, due_at, traceparent) VALUES (?1, ?2, ?3, ?4) "
          "ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, due_at = excluded.due_at, "
          "traceparent = excluded.traceparent WHERE excluded.version > timers.version",
          step.order_id, step.version, now + step.delay, step.traceparent)
        .run();
}

/// Whether an earlier attempt took this step and its answer was lost.
bool is_taken(connection& db, const ports::step_request& step) {
    query row(db, "SELECT 1 FROM order_events WHERE order_id = ?1 AND version = ?2 AND id = ?3",
              step.order_id, step.version + 1, step.event_id);
    return row.step();
}

step_outcome take_step(connection& db, const ports::step_request& step,
                       const std::optional<order_state>& state, domain::timestamp now) {
    if (!state) return step_outcome::missing;
    if (state->version > step.version) {
        return is_taken(db, step) ? step_outcome::advanced : step_outcome::stale;
    }
    if (state->version < step.version) return step_outcome::ahead;
    if (state->status != step.from) return step_outcome::contradicted;
    if (step.delay > std::chrono::milliseconds::zero()) {
        schedule(db, step, now);
        return step_outcome::scheduled;
    }
    advance(db, step.order_id, *state, step.to, step.event_id, step.traceparent, now);
    return step_outcome::advanced;
}

struct set_timer {
    domain::uuid order_id;
    std::int32_t version = 1;
    std::string traceparent;
};

/// Few are left out, if any, so they are passed over while reading.
bool is_left_out(const domain::uuid& order_id, std::span<const domain::uuid> left_out) {
    return std::ranges::find(left_out, order_id) != left_out.end();
}

std::vector<set_timer> find_due(connection& db, std::size_t limit, std::span<const domain::uuid> left_out,
                                domain::timestamp now) {
    query row(db,
              "SELECT order_id, version, traceparent FROM timers WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2",
              now, limit + left_out.size());
    std::vector<set_timer> due;
    while (due.size() < limit && row.step()) {
        if (is_left_out(row.id(0), left_out)) continue;
        due.push_back(
            {.order_id = row.id(0), .version = row.version(1), .traceparent = std::string(row.text(2))});
    }
    return due;
}

std::optional<ports::due_step> take_timer(connection& db, const set_timer& timer,
                                          const domain::uuid& event_id, domain::timestamp now) {
    query(db, "DELETE FROM timers WHERE order_id = ?1", timer.order_id).run();
    const auto state = find_state(db, timer.order_id);
    if (!state || state->version != timer.version) return std::nullopt;
    const auto step = domain::next_step(state->status);
    if (!step) return std::nullopt;
    return ports::due_step{
        .event = advance(db, timer.order_id, *state, step->to, event_id, timer.traceparent, now),
        .from = step->from,
        .traceparent = timer.traceparent};
}

std::optional<std::chrono::milliseconds> find_next_due(connection& db, std::span<const domain::uuid> left_out,
                                                       domain::timestamp now) {
    query row(db, "SELECT due_at, order_id FROM timers ORDER BY due_at LIMIT ?1", left_out.size() + 1);
    do {
        if (!row.step()) return std::nullopt;
    } while (is_left_out(row.id(1), left_out));
    // Rounded up: whoever waits this long finds it due.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(row.time(0) - now);
    return std::max(left, std::chrono::milliseconds::zero());
}

}  // namespace

std::vector<step_outcome> take_steps(connection& db, std::span<const ports::step_request> steps,
                                     domain::timestamp now) {
    std::vector<std::size_t> sorted(steps.size());
    std::iota(sorted.begin(), sorted.end(), std::size_t{0});
    std::ranges::sort(sorted, {},
                      [&](std::size_t i) { return std::tuple(steps[i].order_id, steps[i].version, i); });

    std::vector<step_outcome> outcomes(steps.size(), step_outcome::missing);
    const ports::step_request* previous = nullptr;
    std::optional<order_state> state;
    auto outcome = step_outcome::missing;
    for (const auto i : sorted) {
        const auto& step = steps[i];
        // All requests of an order are judged by how it was before this call.
        const bool is_same_order = previous != nullptr && previous->order_id == step.order_id;
        if (!is_same_order) state = find_state(db, step.order_id);
        if (!is_same_order || previous->version != step.version) outcome = take_step(db, step, state, now);
        outcomes[i] = outcome;
        previous = &step;
    }
    return outcomes;
}

ports::due_result take_due_timers(connection& db, std::span<const domain::uuid> event_ids,
                                  std::span<const domain::uuid> left_out, domain::timestamp now) {
    ports::due_result result;
    const auto due = find_due(db, event_ids.size(), left_out, now);
    for (const auto& timer : due) {
        auto step = take_timer(db, timer, event_ids[result.taken++], now);
        if (step) result.advanced.push_back(std::move(*step));
    }
    result.next_due = find_next_due(db, left_out, now);
    return result;
}

std::vector<ports::due_timer> find_due_timers(connection& db, std::size_t limit,
                                              std::span<const domain::uuid> left_out, domain::timestamp now) {
    query row(db,
              "SELECT t.order_id, t.version, t.traceparent, o.status FROM timers t "
              "CROSS JOIN orders o ON o.id = t.order_id AND o.version = t.version "
              "WHERE t.due_at <= ?1 ORDER BY t.due_at LIMIT ?2",
              now, limit + left_out.size());
    std::vector<ports::due_timer> due;
    while (due.size() < limit && row.step()) {
        if (is_left_out(row.id(0), left_out)) continue;
        due.push_back({.order_id = row.id(0),
                       .version = row.version(1),
                       .status = row.status(3),
                       .traceparent = std::string(row.text(2))});
    }
    return due;
}

void add_dead_letters(connection& db, std::span<const ports::dead_letter> letters, domain::timestamp now) {
    for (const auto& letter : letters) {
        const auto* body = reinterpret_cast<const std::uint8_t*>(letter.body.data());
        query(db,
              "INSERT INTO dead_letters (id, body, reason, created_at) VALUES (?1, ?2, ?3, ?4) "
              "ON CONFLICT (id) DO NOTHING",
              letter.id, std::span(body, letter.body.size()), letter.reason, now)
            .run();
    }
}

}  // namespace delivery::sqlite
