#include <algorithm>
#include <map>

#include "domain/flow.hpp"
#include "domain/shard.hpp"
#include "postgres/order_rows.hpp"
#include "postgres/postgres_store.hpp"

namespace delivery::postgres {
namespace {

using ports::due_result;
using ports::step_outcome;
using ports::step_request;

// Every change of an order, and of its timer, is made under the lock of the order's row; rows are locked by
// ascending id, so workers with the same orders wait for each other and never crosswise. Judged is the row as
// it was locked. The update needs no more than the id then: it follows the row to the version that is locked,
// whatever this statement's snapshot shows.
constexpr statement take_all_steps{.name = "take_steps", .sql = R"(
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
        $1::uuid[], $2::int4[], $3::text[], $4::text[], $5::int8[], $6::uuid[], $7::text[], $8::int2[])
        WITH ORDINALITY
        AS i (id, version, from_status, to_status, delay, event_id, traceparent, shard, position)
), locked AS MATERIALIZED (
    SELECT id, version, status FROM orders WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE
), judged AS MATERIALIZED (
    SELECT i.*, CASE
        WHEN l.id IS NULL THEN 4
        WHEN l.version > i.version THEN CASE WHEN EXISTS (
            SELECT FROM order_events e
            WHERE e.order_id = i.id AND e.version = i.version + 1 AND e.id = i.event_id) THEN 6 ELSE 2 END
        WHEN l.version < i.version THEN 3
        WHEN l.status <> i.from_status THEN 5
        WHEN i.delay > 0 THEN 1
        ELSE 0 END AS outcome
    FROM input i LEFT JOIN locked l ON l.id = i.id
), advanced AS (
    UPDATE orders o SET status = j.to_status, version = j.version + 1,
        updated_at = greatest(clock_timestamp(), o.updated_at)
    FROM judged j WHERE o.id = j.id AND j.outcome = 0
    RETURNING o.id, o.version, o.status, o.updated_at, j.event_id, j.traceparent, j.shard
), events AS (
    INSERT INTO order_events (order_id, version, id, status, recorded_at)
    SELECT id, version, event_id, status, updated_at FROM advanced
), announced AS (
    INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent)
    SELECT shard, id, version, event_id, status, updated_at, traceparent FROM advanced
), scheduled AS (
    INSERT INTO timers (order_id, version, shard, due_at, traceparent)
    SELECT id, version, shard, clock_timestamp() + delay * interval '1 millisecond', traceparent
    FROM judged WHERE outcome = 1
    ON CONFLICT (order_id) DO UPDATE
        SET version = excluded.version, due_at = excluded.due_at, traceparent = excluded.traceparent
        WHERE timers.version < excluded.version
)
SELECT position, outcome FROM judged)"};

// The numbers above; the last one was taken by an earlier attempt, whose answer was lost.
constexpr std::array outcomes{step_outcome::advanced, step_outcome::scheduled, step_outcome::stale,
                              step_outcome::ahead,    step_outcome::missing,   step_outcome::contradicted,
                              step_outcome::advanced};

// Locks the orders and not the timers, as everything that touches a timer does, and waits for nobody: an
// order that another transaction has is left for later. A timer without an order is left for the audit to
// find. What remains is told from the timers' snapshot, so a timer that is just being taken may be counted as
// remaining.
constexpr statement take_due{.name = "take_due_timers", .sql = R"(
WITH due AS MATERIALIZED (
    SELECT t.order_id, t.version, t.traceparent, t.shard, o.version AS order_version, o.status
    FROM timers t JOIN orders o ON o.id = t.order_id
    WHERE t.due_at <= statement_timestamp() AND t.order_id <> ALL ($4::uuid[])
    ORDER BY t.due_at LIMIT cardinality($1::uuid[])
    FOR UPDATE OF o SKIP LOCKED
), matched AS MATERIALIZED (
    SELECT d.*, s.to_status, ($1::uuid[])[row_number() OVER ()] AS event_id
    FROM due d JOIN unnest($2::text[], $3::text[]) AS s (from_status, to_status) ON s.from_status = d.status
    WHERE d.order_version = d.version
), taken AS (
    DELETE FROM timers t USING due d WHERE t.order_id = d.order_id AND t.version = d.version
    RETURNING t.order_id
), advanced AS (
    UPDATE orders o SET status = m.to_status, version = m.version + 1,
        updated_at = greatest(clock_timestamp(), o.updated_at)
    FROM matched m WHERE o.id = m.order_id
    RETURNING m.event_id, o.id, o.version, o.status, o.updated_at,
        m.status AS from_status, m.traceparent, m.shard
), events AS (
    INSERT INTO order_events (order_id, version, id, status, recorded_at)
    SELECT id, version, event_id, status, updated_at FROM advanced
), announced AS (
    INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent)
    SELECT shard, id, version, event_id, status, updated_at, traceparent FROM advanced
), remaining AS (
    SELECT t.due_at FROM timers t JOIN orders o ON o.id = t.order_id
    WHERE t.order_id NOT IN (SELECT order_id FROM due) AND t.order_id <> ALL ($4::uuid[])
    ORDER BY t.due_at LIMIT 1
)
SELECT event_id, id, version, status, updated_at, from_status, traceparent,
    (SELECT count(*) FROM taken),
    (SELECT ceil(extract(epoch FROM due_at - clock_timestamp()) * 1000)::int8 FROM remaining)
FROM (SELECT) AS always LEFT JOIN advanced ON true)"};

constexpr statement read_due_timers{.name = "due_timers",
                                    .sql = R"(
SELECT t.order_id, t.version, o.status, t.traceparent
FROM timers t JOIN orders o ON o.id = t.order_id AND o.version = t.version
WHERE t.due_at <= statement_timestamp() AND t.order_id <> ALL ($2::uuid[])
ORDER BY t.due_at LIMIT $1)",
                                    .writes = false};

constexpr statement add_letters{.name = "add_dead_letters", .sql = R"(
INSERT INTO dead_letters (id, body, reason, created_at)
SELECT id, body, reason, clock_timestamp()
FROM unnest($1::uuid[], $2::bytea[], $3::text[]) AS l (id, body, reason)
ON CONFLICT DO NOTHING)"};

/// For each request the number of the step that it stands for, and the first request of each step.
struct distinct_steps {
    std::vector<const step_request*> steps;
    std::vector<std::size_t> step_of_request;
};

distinct_steps without_repeats(std::span<const step_request> requests) {
    distinct_steps found;
    std::map<std::pair<domain::uuid, std::int32_t>, std::size_t> numbers;
    for (const auto& request : requests) {
        const auto [number, is_new] =
            numbers.try_emplace(std::pair(request.order_id, request.version), found.steps.size());
        if (is_new) found.steps.push_back(&request);
        found.step_of_request.push_back(number->second);
    }
    return found;
}

parameters make_step_parameters(const std::vector<const step_request*>& steps) {
    parameters values;
    values.add_array(steps, [](const step_request* step) { return step->order_id; })
        .add_array(steps, [](const step_request* step) { return step->version; })
        .add_array(steps, [](const step_request* step) { return domain::to_string(step->from); })
        .add_array(steps, [](const step_request* step) { return domain::to_string(step->to); })
        .add_array(steps, [](const step_request* step) { return std::int64_t{step->delay.count()}; })
        .add_array(steps, [](const step_request* step) { return step->event_id; })
        .add_array(steps, [](const step_request* step) { return std::string_view(step->traceparent); })
        .add_array(steps,
                   [](const step_request* step) { return std::int16_t{domain::shard_of(step->order_id)}; });
    return values;
}

due_result read_due(const rows& found) {
    constexpr int from_status = 5;
    constexpr int traceparent = 6;
    constexpr int taken = 7;
    constexpr int remaining = 8;
    due_result result;
    for (int row = 0; row < found.size(); ++row) {
        result.taken = static_cast<std::size_t>(found.int64(row, taken));
        if (!found.is_null(row, remaining)) {
            result.next_due =
                std::chrono::milliseconds(std::max<std::int64_t>(found.int64(row, remaining), 0));
        }
        if (found.is_null(row, 0)) continue;
        result.advanced.push_back({.event = read_event(found, row),
                                   .from = found.status(row, from_status),
                                   .traceparent = found.text(row, traceparent)});
    }
    return result;
}

}  // namespace

awaitable<std::vector<step_outcome>> postgres_store::take_steps(std::span<const step_request> steps) {
    std::vector<step_outcome> results;
    if (steps.empty()) co_return results;
    const auto distinct = without_repeats(steps);
    const auto values = make_step_parameters(distinct.steps);
    const auto judged = co_await run(take_all_steps, values);
    std::vector<step_outcome> by_number(distinct.steps.size());
    for (int row = 0; row < judged.size(); ++row) {
        by_number.at(static_cast<std::size_t>(judged.int64(row, 0)) - 1) =
            outcomes.at(static_cast<std::size_t>(judged.int32(row, 1)));
    }
    for (const auto number : distinct.step_of_request) results.push_back(by_number[number]);
    co_return results;
}

awaitable<due_result> postgres_store::take_due_timers(std::span<const domain::uuid> event_ids,
                                                      std::span<const domain::uuid> left_out) {
    if (event_ids.empty()) co_return due_result{};
    parameters values;
    values.add_array(event_ids)
        .add_array(domain::all_steps(), [](const domain::step& step) { return domain::to_string(step.from); })
        .add_array(domain::all_steps(), [](const domain::step& step) { return domain::to_string(step.to); })
        .add_array(left_out);
    const auto found = co_await run(take_due, values);
    co_return read_due(found);
}

awaitable<std::vector<ports::due_timer>> postgres_store::due_timers(std::size_t limit,
                                                                    std::span<const domain::uuid> left_out) {
    parameters values;
    values.add(static_cast<std::int64_t>(limit)).add_array(left_out);
    const auto found = co_await run(read_due_timers, values);
    std::vector<ports::due_timer> due;
    for (int row = 0; row < found.size(); ++row) {
        due.push_back({.order_id = found.uuid(row, 0),
                       .version = found.int32(row, 1),
                       .status = found.status(row, 2),
                       .traceparent = found.text(row, 3)});
    }
    co_return due;
}

awaitable<void> postgres_store::add_dead_letters(std::span<const ports::dead_letter> letters) {
    if (letters.empty()) co_return;
    parameters values;
    values.add_array(letters, &ports::dead_letter::id)
        .add_array(letters, [](const ports::dead_letter& letter) { return binary{letter.body}; })
        .add_array(letters, [](const ports::dead_letter& letter) { return std::string_view(letter.reason); });
    co_await run(add_letters, values);
}

}  // namespace delivery::postgres
