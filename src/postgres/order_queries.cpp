#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "domain/flow.hpp"
#include "domain/shard.hpp"
#include "ports/store_error.hpp"
#include "postgres/order_rows.hpp"
#include "postgres/postgres_store.hpp"

namespace delivery::postgres {
namespace {

using ports::create_outcome;
using ports::create_result;
using ports::new_order;

// Orders that nobody has stored yet, which is nearly all: no conflict is looked for, no key taken, and
// nothing joined: a fifth less of the server's time. Where an order is there already it fails as a whole, and
// the statement below finds out.
constexpr statement create_fresh_orders{.name = "create", .sql = R"(
WITH moment AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), input AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int2[])
        AS i (id, event_id, customer_name, address, traceparent, shard)
), stored AS (
    INSERT INTO orders (id, customer_name, address, status, version, created_at, updated_at)
    SELECT id, customer_name, address, $7::text, 1, now, now FROM input, moment
), events AS (
    INSERT INTO order_events (order_id, version, id, status, recorded_at)
    SELECT id, 1, event_id, $7::text, now FROM input, moment
), announced AS (
    INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent)
    SELECT shard, id, 1, event_id, $7::text, now, traceparent FROM input, moment
)
SELECT now FROM moment)"};

// Keys first and orders after them, each in sequence (the sorts need the whole of what is before them), so
// that two overlapping batches never wait for each other crosswise. Events and outbox rows come from what was
// stored just now.
constexpr statement create_orders{.name = "create", .sql = R"(
WITH moment AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), input AS MATERIALIZED (
    SELECT * FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int2[], $7::text[], $8::bytea[])
        AS i (id, event_id, customer_name, address, traceparent, shard, key, fingerprint)
), won AS (
    INSERT INTO idempotency_keys (key, fingerprint, order_id, created_at)
    SELECT key, fingerprint, id, now FROM input, moment WHERE key IS NOT NULL ORDER BY key
    ON CONFLICT DO NOTHING
    RETURNING order_id
), stored AS (
    INSERT INTO orders (id, customer_name, address, status, version, created_at, updated_at)
    SELECT id, customer_name, address, $9::text, 1, now, now
    FROM input LEFT JOIN won ON won.order_id = id, moment
    WHERE key IS NULL OR won.order_id IS NOT NULL
    ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING id, created_at
), written AS MATERIALIZED (
    SELECT i.id, i.event_id, i.shard, i.traceparent, s.created_at FROM stored s JOIN input i USING (id)
), events AS (
    INSERT INTO order_events (order_id, version, id, status, recorded_at)
    SELECT id, 1, event_id, $9::text, created_at FROM written
), announced AS (
    INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent)
    SELECT shard, id, 1, event_id, $9::text, created_at, traceparent FROM written
)
SELECT id, created_at FROM written)"};

// What the statement above left alone: stored by an earlier attempt, or its key was used before. A key that
// was lost to another transaction has been waited for, and a new statement sees what that one wrote.
constexpr statement find_earlier{.name = "create",
                                 .sql = R"(
SELECT i.position, k.order_id, k.fingerprint = i.fingerprint, o.id, o.customer_name, o.address, o.created_at
FROM unnest($1::uuid[], $2::text[], $3::bytea[]) WITH ORDINALITY AS i (id, key, fingerprint, position)
LEFT JOIN idempotency_keys k ON k.key = i.key
LEFT JOIN orders o ON o.id = coalesce(k.order_id, i.id))",
                                 .writes = false};

// Of keys whose order was deleted by hand, only those: nobody may have taken the key anew meanwhile. In the
// sequence of the keys, as above; a row that another has deleted while this one waited for it is left out.
constexpr statement forget_keys{.name = "create", .sql = R"(
DELETE FROM idempotency_keys WHERE key = ANY (ARRAY(
    SELECT key FROM idempotency_keys k
    WHERE key = ANY ($1::text[]) AND NOT EXISTS (SELECT FROM orders WHERE id = k.order_id)
    ORDER BY key FOR UPDATE))
RETURNING 1)"};

constexpr statement find_orders{.name = "find",
                                .sql = R"(
SELECT id, customer_name, address, status, version, created_at, updated_at
FROM orders WHERE id = ANY ($1::uuid[]))",
                                .writes = false};

constexpr statement find_history{.name = "history",
                                 .sql = R"(
SELECT id, order_id, version, status, recorded_at FROM order_events WHERE order_id = ANY ($1::uuid[])
ORDER BY order_id, version)",
                                 .writes = false};

// One range of the index a status, merged.
constexpr statement list_orders{.name = "list",
                                .sql = R"(
SELECT o.id, o.customer_name, o.address, o.status, o.version, o.created_at, o.updated_at
FROM unnest($1::text[]) AS s (status) CROSS JOIN LATERAL (
    SELECT * FROM orders WHERE orders.status = s.status AND (created_at, id) < ($2::timestamptz, $3::uuid)
    ORDER BY created_at DESC, id DESC LIMIT $4
) AS o
ORDER BY o.created_at DESC, o.id DESC LIMIT $4)",
                                .writes = false};

constexpr statement purge_keys{.name = "purge", .sql = R"(
DELETE FROM idempotency_keys WHERE key = ANY (ARRAY(
    SELECT key FROM idempotency_keys WHERE created_at < now() - $1::int8 * interval '1 millisecond'
    ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED))
RETURNING 1)"};

std::optional<std::string> key_of(const new_order& order) {
    if (!order.idempotency) return std::nullopt;
    return order.idempotency->key;
}

std::optional<std::array<std::uint8_t, 32>> fingerprint_of(const new_order& order) {
    if (!order.idempotency) return std::nullopt;
    return order.idempotency->fingerprint;
}

domain::order as_created(const domain::uuid& id, std::string customer_name, std::string address,
                         domain::timestamp created_at) {
    return {.id = id,
            .customer_name = std::move(customer_name),
            .address = std::move(address),
            .status = domain::first_status,
            .version = 1,
            .created_at = created_at,
            .updated_at = created_at};
}

/// The orders to try to store: of several with one id or one key, the first.
std::vector<const new_order*> without_repeats(std::span<const new_order> orders) {
    std::unordered_set<domain::uuid> ids;
    std::unordered_set<std::string_view> keys;
    std::vector<const new_order*> chosen;
    chosen.reserve(orders.size());
    for (const auto& order : orders) {
        if (!ids.insert(order.id).second) continue;
        if (order.idempotency && !keys.insert(order.idempotency->key).second) continue;
        chosen.push_back(&order);
    }
    return chosen;
}

/// One column of the input after the other; those of the keys only where they are wanted.
parameters make_create_parameters(const std::vector<const new_order*>& orders, bool with_keys) {
    const auto member = [](auto pointer) {
        return [pointer](const new_order* order) { return order->*pointer; };
    };
    const auto view = [](auto pointer) {
        return [pointer](const new_order* order) { return std::string_view(order->*pointer); };
    };
    parameters values;
    values.add_array(orders, member(&new_order::id))
        .add_array(orders, member(&new_order::event_id))
        .add_array(orders, view(&new_order::customer_name))
        .add_array(orders, view(&new_order::address))
        .add_array(orders, view(&new_order::traceparent))
        .add_array(orders, [](const new_order* order) { return std::int16_t{domain::shard_of(order->id)}; });
    if (with_keys) {
        values.add_array(orders, [](const new_order* order) { return key_of(*order); })
            .add_array(orders, [](const new_order* order) { return fingerprint_of(*order); });
    }
    values.add(domain::to_string(domain::first_status));
    return values;
}

/// Nothing where there is no order, though there was one or its key a moment ago.
std::optional<create_result> read_earlier(const rows& found, int row, const new_order& asked) {
    constexpr int key_order = 1;
    constexpr int same_body = 2;
    constexpr int order_id = 3;
    if (!found.is_null(row, key_order) && found.uuid(row, key_order) != asked.id &&
        !found.boolean(row, same_body)) {
        return create_result{.outcome = create_outcome::key_reused, .order = {}};
    }
    if (found.is_null(row, order_id)) return std::nullopt;
    const auto id = found.uuid(row, order_id);
    return create_result{
        .outcome = id == asked.id ? create_outcome::created : create_outcome::replayed,
        .order = as_created(id, found.text(row, 4), found.text(row, 5), found.timestamp(row, 6))};
}

}  // namespace

awaitable<std::vector<create_result>> postgres_store::create(std::span<const new_order> orders) {
    if (orders.empty()) co_return std::vector<create_result>{};
    const bool has_key =
        std::ranges::any_of(orders, [](const auto& order) { return order.idempotency.has_value(); });
    if (!has_key) {
        try {
            co_return co_await create_fresh(orders);
        } catch (const ports::store_error& error) {
            if (error.fault() != ports::store_fault::bad_data) throw;
        }
    }
    co_return co_await create_or_find(orders);
}

awaitable<std::vector<create_result>> postgres_store::create_fresh(std::span<const new_order> orders) {
    // In the sequence of their ids, as in the other statement: see there.
    std::vector<const new_order*> sorted;
    sorted.reserve(orders.size());
    for (const auto& order : orders) sorted.push_back(&order);
    std::ranges::sort(sorted, {}, [](const new_order* order) { return order->id; });

    const auto values = make_create_parameters(sorted, false);
    const auto stored = co_await run(create_fresh_orders, values);
    const auto created_at = stored.timestamp(0, 0);
    std::vector<create_result> results;
    results.reserve(orders.size());
    for (const auto& order : orders) {
        results.push_back({.outcome = create_outcome::created,
                           .order = as_created(order.id, order.customer_name, order.address, created_at)});
    }
    co_return results;
}

awaitable<std::vector<create_result>> postgres_store::create_or_find(std::span<const new_order> orders) {
    std::vector<create_result> results(orders.size());
    const auto values = make_create_parameters(without_repeats(orders), true);
    const auto stored = co_await run(create_orders, values);
    std::unordered_map<domain::uuid, domain::timestamp> created_at;
    for (int row = 0; row < stored.size(); ++row) created_at[stored.uuid(row, 0)] = stored.timestamp(row, 1);

    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        const auto found = created_at.find(orders[i].id);
        if (found == created_at.end()) {
            open.push_back(i);
        } else {
            const auto& asked = orders[i];
            results[i].order = as_created(asked.id, asked.customer_name, asked.address, found->second);
        }
    }
    if (open.empty()) co_return results;
    try {
        co_await find_earlier_orders(orders, open, results);
    } catch (const ports::store_error& error) {
        // The others of the batch are stored.
        if (!error.is_worth_retry() || stored.empty()) throw;
        throw ports::store_error(ports::store_fault::outcome_unknown, error.what());
    }
    co_return results;
}

awaitable<void> postgres_store::find_earlier_orders(std::span<const new_order> orders,
                                                    const std::vector<std::size_t>& open,
                                                    std::vector<create_result>& results) {
    parameters values;
    values.add_array(open, [&](std::size_t i) { return orders[i].id; })
        .add_array(open, [&](std::size_t i) { return key_of(orders[i]); })
        .add_array(open, [&](std::size_t i) { return fingerprint_of(orders[i]); });
    const auto earlier = co_await run(find_earlier, values);
    std::vector<std::size_t> gone;
    for (int row = 0; row < earlier.size(); ++row) {
        const auto i = open.at(static_cast<std::size_t>(earlier.int64(row, 0)) - 1);
        if (auto result = read_earlier(earlier, row, orders[i])) {
            results[i] = std::move(*result);
        } else {
            gone.push_back(i);
        }
    }
    if (gone.empty()) co_return;
    parameters keys;
    keys.add_array(gone, [&](std::size_t i) { return key_of(orders[i]); });
    co_await run(forget_keys, keys);
    throw ports::store_error(ports::store_fault::conflict,
                             "create: an order went away, and its idempotency key after it");
}

awaitable<std::vector<std::optional<domain::order>>> postgres_store::find(std::span<const domain::uuid> ids) {
    std::vector<std::optional<domain::order>> results(ids.size());
    if (ids.empty()) co_return results;
    parameters values;
    values.add_array(ids);
    const auto found = co_await run(find_orders, values);
    std::unordered_map<domain::uuid, domain::order> orders;
    for (int row = 0; row < found.size(); ++row) orders.emplace(found.uuid(row, 0), read_order(found, row));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (const auto order = orders.find(ids[i]); order != orders.end()) results[i] = order->second;
    }
    co_return results;
}

awaitable<std::vector<std::optional<std::vector<domain::order_event>>>> postgres_store::history(
    std::span<const domain::uuid> ids) {
    std::vector<std::optional<std::vector<domain::order_event>>> results(ids.size());
    if (ids.empty()) co_return results;
    parameters values;
    values.add_array(ids);
    const auto found = co_await run(find_history, values);
    std::unordered_map<domain::uuid, std::vector<domain::order_event>> histories;
    for (int row = 0; row < found.size(); ++row)
        histories[found.uuid(row, 1)].push_back(read_event(found, row));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (const auto history = histories.find(ids[i]); history != histories.end())
            results[i] = history->second;
    }
    co_return results;
}

awaitable<std::vector<domain::order>> postgres_store::list(const ports::page_request& request) {
    std::vector<domain::status> statuses;
    if (request.status) {
        statuses.push_back(*request.status);
    } else {
        statuses.assign(domain::all_statuses().begin(), domain::all_statuses().end());
    }
    const auto after =
        request.after.value_or(ports::page_position{.created_at = domain::timestamp::max(), .id = {}});
    parameters values;
    values.add_array(statuses, [](domain::status status) { return domain::to_string(status); })
        .add(after.created_at)
        .add(after.id)
        .add(static_cast<std::int64_t>(request.limit));
    const auto found = co_await run(list_orders, values);
    std::vector<domain::order> orders;
    for (int row = 0; row < found.size(); ++row) orders.push_back(read_order(found, row));
    co_return orders;
}

awaitable<std::size_t> postgres_store::purge_idempotency_keys(std::chrono::milliseconds age) {
    parameters values;
    values.add(std::int64_t{age.count()});
    const auto purged = co_await run(purge_keys, values);
    co_return static_cast<std::size_t>(purged.size());
}

}  // namespace delivery::postgres
