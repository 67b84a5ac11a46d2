#include "corruptions.hpp"

#include <algorithm>
#include <cctype>
#include <ostream>

namespace delivery::tests {
namespace {

std::string sql_text(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string event_id(std::string_view order_id, int version) {
    auto id = std::string(order_id);
    id[14] = '4';
    id[24] = static_cast<char>('0' + version);
    return id;
}

class writer {
public:
    writer(sql_database& database, sql_dialect dialect) : database_(database), dialect_(dialect) {}

    void order(std::string_view id, std::string_view status, int version, int created, int updated) {
        database_.query(
            "INSERT INTO orders (id, customer_name, address, status, version, created_at, updated_at) VALUES "
            "(" +
            sql_text(id) + ", 'João Silva', 'Rua Exemplo, 123', " + sql_text(status) + ", " +
            std::to_string(version) + ", " + time(created) + ", " + time(updated) + ")");
    }

    void event(std::string_view order_id, int version, std::string_view status, int recorded) {
        database_.query("INSERT INTO order_events (order_id, version, id, status, recorded_at) VALUES (" +
                        sql_text(order_id) + ", " + std::to_string(version) + ", " +
                        sql_text(event_id(order_id, version)) + ", " + sql_text(status) + ", " +
                        time(recorded) + ")");
    }

    void outbox(std::string_view order_id, int version, std::string_view status, int recorded) {
        database_.query(
            "INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent) "
            "VALUES (1, " +
            sql_text(order_id) + ", " + std::to_string(version) + ", " +
            sql_text(event_id(order_id, version)) + ", " + sql_text(status) + ", " + time(recorded) +
            ", '')");
    }

    void timer(std::string_view order_id, int version, int due) {
        const bool is_postgres = dialect_ == sql_dialect::postgres;
        database_.query(std::string("INSERT INTO timers (") + (is_postgres ? "shard, " : "") +
                        "order_id, version, due_at, traceparent) VALUES (" + (is_postgres ? "1, " : "") +
                        sql_text(order_id) + ", " + std::to_string(version) + ", " + time(due) + ", '')");
    }

private:
    // Moments are counted from one base, so that an order and its events agree to the microsecond.
    std::string time(int seconds) {
        if (base_.empty()) {
            base_ = dialect_ == sql_dialect::postgres
                        ? "timestamptz " + sql_text(database_.value("SELECT now()"))
                        : database_.value("SELECT unixepoch() * 1000000");
        }
        return "(" + base_ +
               (dialect_ == sql_dialect::postgres
                    ? " + interval '1 second' * (" + std::to_string(seconds) + ")"
                    : " + 1000000 * (" + std::to_string(seconds) + ")") +
               ")";
    }

    sql_database& database_;
    sql_dialect dialect_;
    std::string base_;
};

std::string update(std::string_view table, std::string_view change, std::string_view id, int version = 0) {
    const std::string column = table == "orders" ? "id" : "order_id";
    const auto of_version = version == 0 ? std::string() : " AND version = " + std::to_string(version);
    return "UPDATE " + std::string(table) + " SET " + std::string(change) + " WHERE " + column + " = " +
           sql_text(id) + of_version;
}

std::string remove(std::string_view table, std::string_view id, int version = 0) {
    const std::string column = table == "orders" ? "id" : "order_id";
    const auto of_version = version == 0 ? std::string() : " AND version = " + std::to_string(version);
    return "DELETE FROM " + std::string(table) + " WHERE " + column + " = " + sql_text(id) + of_version;
}

std::vector<corruption> history_corruptions(sql_dialect dialect) {
    const std::string order(delivered_order);
    const auto long_ago = "recorded_at = " + seconds_from_now(dialect, -90'000);
    return {
        {"a first event is gone", remove("order_events", order, 1), order},
        {"an event in the middle is gone", remove("order_events", order, 2), order},
        {"the last event is gone", remove("order_events", order, 3), order},
        {"the whole history is gone", remove("order_events", order), order},
        {"an event too many",
         "INSERT INTO order_events (order_id, version, id, status, recorded_at) SELECT order_id, 4, "
         "'01900000-0000-7000-8000-0000000000ee', status, recorded_at FROM order_events WHERE version = 3 "
         "AND "
         "order_id = " +
             sql_text(order),
         order},
        {"a version is skipped", update("order_events", "version = 4", order, 3), order},
        {"a step is illegal", update("order_events", "status = 'DELIVERED'", order, 2), order},
        {"a history begins in the middle", update("order_events", "status = 'IN_TRANSIT'", order, 1), order},
        {"a status is unknown", update("order_events", "status = 'LOST'", order, 2), order},
        {"time goes backwards", update("order_events", long_ago, order, 2), order},
        {"the order is gone", remove("orders", order), order},
    };
}

std::vector<corruption> order_corruptions(sql_dialect dialect) {
    const std::string order(delivered_order);
    return {
        {"the order's status differs", update("orders", "status = 'IN_TRANSIT'", order), order},
        {"the order's status is unknown", update("orders", "status = 'delivered'", order), order},
        {"the order's version is ahead", update("orders", "version = 4", order), order},
        {"the order's version is behind", update("orders", "version = 2", order), order},
        {"the order's created_at differs",
         update("orders", "created_at = " + seconds_from_now(dialect, -9), order), order},
        {"the order's updated_at differs",
         update("orders", "updated_at = " + seconds_from_now(dialect, 9), order), order},
    };
}

std::vector<corruption> waiting_corruptions(sql_dialect dialect) {
    const std::string received(received_order);
    const std::string in_transit(in_transit_order);
    const auto overdue = seconds_from_now(dialect, -600);
    const auto into_outbox = [](const std::string& values) {
        return "INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent) "
               "VALUES " +
               values;
    };
    return {
        {"an unfinished order lost its outbox row", remove("outbox", received), received},
        {"an unfinished order lost its timer", remove("timers", in_transit), in_transit},
        {"an outbox row is overdue",
         update("outbox", "recorded_at = " + overdue, received) + ";" +
             update("order_events", "recorded_at = " + overdue, received) + ";" +
             update("orders", "created_at = " + overdue + ", updated_at = " + overdue, received),
         received},
        {"a timer is overdue", update("timers", "due_at = " + overdue, in_transit), in_transit},
        {"an outbox row of no order",
         into_outbox("(1, " + sql_text(no_order) +
                     ", 1, '01900000-0000-7000-8000-0000000000ee', 'RECEIVED', " +
                     seconds_from_now(dialect, 0) + ", '')"),
         std::string(no_order)},
        {"a timer of no order", update("timers", "order_id = " + sql_text(no_order), in_transit),
         std::string(no_order)},
    };
}

}  // namespace

void PrintTo(const corruption& broken, std::ostream* out) { *out << broken.name; }

std::string corruption::test_name() const {
    auto result = name;
    std::ranges::replace_if(result, [](unsigned char letter) { return std::isalnum(letter) == 0; }, '_');
    return result;
}

std::string seconds_from_now(sql_dialect dialect, int seconds) {
    const auto count = std::to_string(seconds);
    return dialect == sql_dialect::postgres ? "now() + interval '1 second' * (" + count + ")"
                                            : "(unixepoch() + " + count + ") * 1000000";
}

void write_sound_orders(sql_database& database, sql_dialect dialect) {
    writer sound(database, dialect);
    sound.order(received_order, "RECEIVED", 1, 0, 0);
    sound.event(received_order, 1, "RECEIVED", 0);
    sound.outbox(received_order, 1, "RECEIVED", 0);

    sound.order(in_transit_order, "IN_TRANSIT", 2, -60, -30);
    sound.event(in_transit_order, 1, "RECEIVED", -60);
    sound.event(in_transit_order, 2, "IN_TRANSIT", -30);
    sound.timer(in_transit_order, 2, 3600);

    sound.order(delivered_order, "DELIVERED", 3, -7200, -3600);
    sound.event(delivered_order, 1, "RECEIVED", -7200);
    sound.event(delivered_order, 2, "IN_TRANSIT", -5400);
    sound.event(delivered_order, 3, "DELIVERED", -3600);
}

std::vector<corruption> all_corruptions(sql_dialect dialect) {
    auto all = history_corruptions(dialect);
    for (const auto& more : {order_corruptions(dialect), waiting_corruptions(dialect)}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

}  // namespace delivery::tests
