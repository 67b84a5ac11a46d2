#include "postgres/legacy_reader.hpp"

#include <initializer_list>
#include <optional>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "ports/store_error.hpp"
#include "postgres/blocking_connection.hpp"
#include "postgres/migrator.hpp"

namespace delivery::postgres {
namespace {

using ports::legacy_order;

/// A call of the blocking connection, with its failures as the store's.
template <typename Work>
auto guarded(Work work) {
    try {
        return work();
    } catch (const migration_error& error) {
        throw ports::store_error(ports::store_fault::unavailable,
                                 std::string("the earlier service's database: ") + error.what());
    }
}

/// Microseconds since the epoch; what has no zone is UTC.
std::string as_microseconds(const std::string& column) {
    return fmt::format("(extract(epoch FROM {}) * 1000000)::bigint", column);
}

/// Nothing for NULL.
std::optional<domain::timestamp> read_time(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return domain::timestamp(std::chrono::microseconds(std::stoll(text)));
}

class legacy_reader final : public ports::legacy_orders {
public:
    explicit legacy_reader(const std::string& url) : session_(url) {
        const auto status = column("order_events", {"status", "new_status", "event_type"});
        const auto time = column("order_events", {"timestamp", "recorded_at", "created_at", "occurred_at"});
        for (const auto* name : {"id", "customer_name", "address", "status", "created_at"})
            column("orders", {name});
        orders_sql_ = fmt::format("SELECT id::text, customer_name, address, status::text, {} FROM orders",
                                  as_microseconds("created_at"));
        events_sql_ = fmt::format(R"(SELECT order_id::text, id::text, "{}"::text, {} FROM order_events)",
                                  status, as_microseconds("\"" + time + "\""));
        outbox_ = columns("outbox_events");
    }

    std::vector<legacy_order> next(std::size_t limit) override {
        return guarded([&] {
            // One snapshot for an order and its events, whatever is written meanwhile.
            begin();
            auto orders = read_orders(limit);
            if (!orders.empty()) read_events(orders);
            session_.run("COMMIT");
            if (!orders.empty()) last_id_ = orders.back().id;
            return orders;
        });
    }

    std::int64_t unpublished() override {
        const auto condition = unpublished_condition();
        if (outbox_.empty()) return 0;
        if (condition.empty()) return -1;
        return guarded([&] {
            begin();
            const auto count =
                session_.run("SELECT count(*) FROM outbox_events WHERE " + condition).at(0).at(0);
            session_.run("COMMIT");
            return std::stoll(count);
        });
    }

private:
    /// Settings of the transaction, not of the session, which a pooler may give to somebody else afterwards.
    void begin() {
        session_.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '60s'");
    }

    std::set<std::string> columns(const std::string& table) {
        return guarded([&] {
            std::set<std::string> names;
            for (const auto& row :
                 session_.run("SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) "
                              "AND attnum > 0 AND NOT attisdropped",
                              {table})) {
                names.insert(row.at(0));
            }
            return names;
        });
    }

    /// The first of the names that the table has a column of.
    std::string column(const std::string& table, std::initializer_list<const char*> names) {
        const auto known = columns(table);
        if (known.empty())
            throw ports::store_error(ports::store_fault::bad_data,
                                     fmt::format("there is no table {}", table));
        for (const auto* name : names) {
            if (known.contains(name)) return name;
        }
        throw ports::store_error(ports::store_fault::bad_data,
                                 fmt::format("table {} has no column {}", table, *names.begin()));
    }

    /// How its publisher marks a row as done differs; empty where no known way is found.
    [[nodiscard]] std::string unpublished_condition() const {
        for (const auto* flag : {"published", "processed", "sent"}) {
            if (outbox_.contains(flag)) return fmt::format("NOT {}", flag);
        }
        for (const auto* moment : {"published_at", "processed_at", "sent_at"}) {
            if (outbox_.contains(moment)) return fmt::format("{} IS NULL", moment);
        }
        if (!outbox_.contains("status")) return "";
        // Its own progress, or the order's status where rows are deleted once they are published.
        return "upper(status::text) NOT IN ('PUBLISHED', 'PROCESSED', 'SENT', 'DONE', 'COMPLETED')";
    }

    std::vector<legacy_order> read_orders(std::size_t limit) {
        const auto order = fmt::format(" ORDER BY id LIMIT {}", limit);
        const auto rows = last_id_.empty()
                              ? session_.run(orders_sql_ + order)
                              : session_.run((orders_sql_ + " WHERE id > $1" + order).c_str(), {last_id_});
        std::vector<legacy_order> orders;
        for (const auto& row : rows) {
            orders.push_back({.id = row.at(0),
                              .customer_name = row.at(1),
                              .address = row.at(2),
                              .status = row.at(3),
                              .created_at = read_time(row.at(4))});
        }
        return orders;
    }

    void read_events(std::vector<legacy_order>& orders) {
        std::unordered_map<std::string, legacy_order*> by_id;
        for (auto& order : orders) by_id.emplace(order.id, &order);
        const auto rows = session_.run((events_sql_ + " WHERE order_id >= $1 AND order_id <= $2").c_str(),
                                       {orders.front().id, orders.back().id});
        for (const auto& row : rows) {
            const auto owner = by_id.find(row.at(0));
            if (owner == by_id.end()) continue;  // Of an order that is not there.
            owner->second->events.push_back(
                {.id = row.at(1), .status = row.at(2), .time = read_time(row.at(3))});
        }
    }

    blocking_connection session_;
    std::string orders_sql_;
    std::string events_sql_;
    std::set<std::string> outbox_;
    std::string last_id_;
};

}  // namespace

std::unique_ptr<ports::legacy_orders> open_legacy(const std::string& url) {
    return guarded([&] { return std::make_unique<legacy_reader>(url); });
}

}  // namespace delivery::postgres
