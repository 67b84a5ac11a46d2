#include "chaos/collect.hpp"

#include <fmt/format.h>

#include "support/amqp_client.hpp"

namespace delivery::chaos {
namespace {

constexpr int page_size = 20'000;
constexpr std::size_t most_dead_letters = 1000;
constexpr auto dead_letter_queue = "delivery.worker.dead-letter";

// Microseconds as an integer, since text would have to be parsed again.
constexpr auto orders_query = R"(
    SELECT id, customer_name, address, status, version, (extract(epoch FROM created_at) * 1000000)::bigint
    FROM orders WHERE id > '{}' ORDER BY id LIMIT {})";
constexpr auto events_query = R"(
    SELECT order_id, id, version, status, (extract(epoch FROM recorded_at) * 1000000)::bigint
    FROM order_events WHERE order_id > '{}' AND order_id <= '{}' ORDER BY order_id, version)";
constexpr auto orphans_query = R"(
    SELECT part || ' of no order: ' || order_id FROM (
        SELECT 'event' AS part, order_id FROM order_events
        UNION ALL SELECT 'outbox row', order_id FROM outbox
        UNION ALL SELECT 'timer', order_id FROM timers) AS parts
    WHERE NOT EXISTS (SELECT FROM orders WHERE orders.id = parts.order_id) LIMIT 1000)";

uuid to_uuid(const std::optional<std::string>& text) { return uuid::parse(text.value()).value(); }

void add_history(tests::sql_database& database, std::vector<stored_order>& orders, std::size_t first,
                 const std::string& after) {
    const auto last = orders.back().id.to_string();
    auto order = orders.begin() + static_cast<std::ptrdiff_t>(first);
    for (const auto& row : database.query(fmt::format(events_query, after, last))) {
        const auto id = to_uuid(row[0]);
        while (order != orders.end() && order->id < id) ++order;
        if (order == orders.end() || order->id != id) continue;  // An orphan, which has a query of its own.
        order->history.push_back({.id = to_uuid(row[1]),
                                  .version = std::stoi(row[2].value()),
                                  .status = row[3].value(),
                                  .recorded_at = std::stoll(row[4].value())});
    }
}

}  // namespace

remainder measure_remainder(tests::sql_database& database, std::uint64_t heard) {
    const auto rows = database.query(
        "SELECT (SELECT count(*) FROM orders WHERE status <> 'DELIVERED'), (SELECT count(*) FROM outbox), "
        "(SELECT count(*) FROM timers), (SELECT count(*) FROM order_events)");
    const auto number = [&](std::size_t column) { return std::stoll(rows.front()[column].value()); };
    return {.unfinished = number(0),
            .outbox = number(1),
            .timers = number(2),
            .unheard = number(3) - static_cast<std::int64_t>(heard)};
}

void collect_stored(tests::sql_database& database, evidence& into) {
    std::string after = uuid{}.to_string();
    while (true) {
        const auto first = into.stored.size();
        for (const auto& row : database.query(fmt::format(orders_query, after, page_size))) {
            into.stored.push_back({.id = to_uuid(row[0]),
                                   .posted = {.name = row[1].value(), .address = row[2].value()},
                                   .status = row[3].value(),
                                   .version = std::stoi(row[4].value()),
                                   .created_at = std::stoll(row[5].value()),
                                   .history = {}});
        }
        if (into.stored.size() == first) break;
        add_history(database, into.stored, first, after);
        after = into.stored.back().id.to_string();
    }
    for (const auto& row : database.query(orphans_query)) into.orphans.push_back(row[0].value());
    const auto left = measure_remainder(database, 0);
    into.outbox_left = static_cast<std::uint64_t>(left.outbox);
    into.timers_left = static_cast<std::uint64_t>(left.timers);
}

std::vector<std::string> collect_dead_letters(const std::string& rabbitmq_url) {
    std::vector<std::string> reasons;
    tests::amqp_client client(rabbitmq_url);
    while (reasons.size() < most_dead_letters) {
        auto letter = client.take(dead_letter_queue);
        if (!letter) break;
        reasons.push_back(fmt::format("{}: {}", letter->headers["x-delivery-reason"], letter->body));
    }
    return reasons;
}

}  // namespace delivery::chaos
