#include "chaos/sabotage.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <stdexcept>

#include <fmt/format.h>

#include "support/amqp_client.hpp"
#include "support/eventually.hpp"

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;

// The database may be away at any moment; what is tried again must be harmless to repeat.
template <typename Attempt>
void insist(const std::string& what, Attempt&& attempt) {
    const auto done = [&] {
        try {
            return attempt();
        } catch (const std::exception&) {
            return false;
        }
    };
    if (!tests::eventually(patience, done, 50ms)) throw std::runtime_error("no sabotage: " + what);
}

// Of an order that was acknowledged and is finished, so that nobody writes to it any more.
void delete_of_finished(deployment& where, const client_crowd& clients, std::string_view statements) {
    insist(std::string(statements), [&] {
        const auto order = clients.some_acknowledged();
        if (!order) return false;
        const auto id = order->id.to_string();
        const auto database = where.database().open();
        const auto finished =
            fmt::format("SELECT count(*) FROM orders WHERE id = '{}' AND status = 'DELIVERED'", id);
        if (database->number(finished) == 0) return false;
        database->query(fmt::format(fmt::runtime(statements), id));
        return true;
    });
}

void delete_order(deployment& where, const client_crowd& clients) {
    delete_of_finished(
        where, clients,
        "DELETE FROM orders WHERE id = '{0}'; DELETE FROM order_events WHERE order_id = '{0}'");
}

void delete_event(deployment& where, const client_crowd& clients) {
    delete_of_finished(where, clients, "DELETE FROM order_events WHERE order_id = '{0}' AND version = 2");
}

// For a moment, events of version 2 leave no outbox row.
void drop_outbox(deployment& where, const client_crowd& /*clients*/) {
    insist("a trigger on the outbox", [&] {
        where.database().open()->query(
            "CREATE OR REPLACE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RETURN NULL; END'; "
            "CREATE OR REPLACE TRIGGER sabotage BEFORE INSERT ON outbox FOR EACH ROW "
            "WHEN (NEW.version = 2) EXECUTE FUNCTION sabotage()");
        return true;
    });
    insist("an order that lacks its outbox row", [&] {
        return where.database().open()->number(
                   "SELECT count(*) FROM orders WHERE status = 'IN_TRANSIT' AND NOT EXISTS (SELECT FROM "
                   "outbox WHERE order_id = orders.id) AND updated_at < now() - interval '2 seconds' AND NOT "
                   "EXISTS (SELECT FROM timers WHERE order_id = orders.id)") > 0;
    });
    insist("removal of the trigger", [&] {
        where.database().open()->query("DROP TRIGGER IF EXISTS sabotage ON outbox");
        return true;
    });
}

// An event that never was.
void forge_event(deployment& where, const client_crowd& /*clients*/) {
    const auto id = uuid::parse("0badc0de-0000-7000-8000-000000000000").value().to_string();
    insist("a forged event", [&] {
        tests::amqp_client(where.broker().url())
            .publish({.exchange = "delivery.events",
                      .routing_key = "order.delivered",
                      .body = fmt::format(R"({{"event_id":"{0}","order_id":"{0}","status":"DELIVERED",)"
                                          R"("version":3,"timestamp":"2026-01-01T00:00:00.000000Z"}})",
                                          id)});
        return true;
    });
}

using saboteur = void (*)(deployment&, const client_crowd&);

constexpr std::array<std::pair<std::string_view, saboteur>, 4> saboteurs{{
    {"delete-order", delete_order},
    {"delete-event", delete_event},
    {"drop-outbox", drop_outbox},
    {"forge-event", forge_event},
}};

}  // namespace

std::vector<std::string_view> all_sabotages() {
    std::vector<std::string_view> names;
    for (const auto& [name, act] : saboteurs) names.push_back(name);
    return names;
}

void sabotage(std::string_view kind, deployment& where, const client_crowd& clients) {
    const auto* found = std::ranges::find(saboteurs, kind, &decltype(saboteurs)::value_type::first);
    if (found == saboteurs.end()) throw std::invalid_argument("unknown sabotage");
    found->second(where, clients);
}

}  // namespace delivery::chaos
