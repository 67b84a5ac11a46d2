#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "support/http_client.hpp"

namespace delivery::tests {
namespace {

using testing::HasSubstr;

constexpr const char* finished = "58a3df14-0c77-4c55-b38e-06e10b1d5373";
constexpr const char* on_its_way = "793491aa-5958-4c3f-b51d-d8abf83eef12";

/// The tables of the Python service, as SQLAlchemy and Alembic make them.
struct old_schema {
    const char* name;
    const char* before;
    const char* id;
    const char* status;
    const char* time;
};

class import_of : public testing::TestWithParam<old_schema> {
protected:
    import_of() {
        const auto& how = GetParam();
        const auto columns = [&](const char* table, const std::string& rest) {
            old_->query("CREATE TABLE " + std::string(table) + " (id " + how.id + " PRIMARY KEY, " + rest +
                        ")");
        };
        old_->query(how.before);
        columns("orders", std::string("customer_name varchar NOT NULL, address varchar NOT NULL, status ") +
                              how.status + " NOT NULL, created_at " + how.time + " NOT NULL");
        columns("order_events", std::string("order_id ") + how.id + " NOT NULL, status " + how.status +
                                    " NOT NULL, timestamp " + how.time + " NOT NULL");
        columns("outbox_events", "payload json, published boolean NOT NULL DEFAULT false");
        write_order(finished, "DELIVERED", 3);
        write_order(on_its_way, "RECEIVED", 1);
    }

    void write_order(const std::string& id, const std::string& status, int events) {
        old_->query("INSERT INTO orders VALUES ('" + id + "', 'João Silva', 'Rua A, 123', '" + status +
                    "', '2025-11-03 00:19:36.502902')");
        for (int i = 0; i < events; ++i) write_event(id, i);
    }

    void write_event(const std::string& id, int number) {
        static constexpr const char* statuses[] = {"RECEIVED", "IN_TRANSIT", "DELIVERED"};
        auto event_id = id;
        event_id[0] = static_cast<char>('a' + number);
        if (id[2] == 'A') event_id[1] = '9';  // Two spellings of an id have events of their own.
        old_->query("INSERT INTO order_events VALUES ('" + event_id + "', '" + id + "', '" +
                    statuses[number] + "', timestamp '2025-11-03 00:19:36.502902' + interval '1 second' * " +
                    std::to_string(number) + ")");
    }

    command_result import(const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments{"import", "--from", old_url_};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return deployed_.run(arguments);
    }

    deployment deployed_{shared_postgres(), shared_rabbitmq()};
    std::string old_url_ = shared_postgres().fresh_database();
    std::unique_ptr<sql_database> old_ = open_postgres(old_url_);
};

TEST_P(import_of, the_python_service_first_beside_it_and_then_for_good) {
    EXPECT_THAT(import({"--dry-run"}).output, HasSubstr("2 orders read: 1 would be added"));
    const auto first = import();
    EXPECT_EQ(first.status.code, 0) << first.output << first.errors;
    EXPECT_THAT(first.output, HasSubstr("2 orders read: 1 added, 0 were there already, 1 are unfinished"));

    // It goes on meanwhile: the order moves, and a new one comes.
    old_->query(std::string("UPDATE orders SET status = 'IN_TRANSIT' WHERE id = '") + on_its_way + "'");
    write_event(on_its_way, 1);
    const std::string late = "11111111-5958-4c3f-b51d-d8abf83eef12";
    write_order(late, "RECEIVED", 1);
    EXPECT_THAT(import().output, HasSubstr("3 orders read: 0 added, 1 were there already, 2 are unfinished"));

    // It has stopped: ours carry on from where each order stands.
    const auto last = import({"--take-over"});
    EXPECT_EQ(last.status.code, 0) << last.output << last.errors;
    EXPECT_THAT(last.output, HasSubstr("3 orders read: 2 added, 1 were there already, 0 are unfinished"));
    const auto audited = deployed_.run({"audit"});
    EXPECT_EQ(audited.status.code, 0) << audited.output << "what was just taken over is not overdue";
    const auto api = deployed_.start("api");
    const auto relay = deployed_.start("relay");
    const auto worker = deployed_.start("worker");
    api->await_ready();
    deployed_.expect_all_delivered(api->port(), {finished, on_its_way, late});

    const auto order = http_request(api->port(), "GET", std::string("/orders/") + finished).json();
    EXPECT_EQ(text_at(order, "created_at"), "2025-11-03T00:19:36.502902Z");
    EXPECT_EQ(text_at(order, "customer_name"), "João Silva");
    const auto events =
        http_request(api->port(), "GET", std::string("/orders/") + on_its_way + "/events").json();
    EXPECT_EQ(text_at(events.as_array().at(1), "timestamp"), "2025-11-03T00:19:37.502902Z")
        << "history is kept";
    EXPECT_EQ(old_->number("SELECT count(*) FROM order_events"), 6) << "and theirs is left alone";
}

TEST_P(import_of, tells_what_it_cannot_take_and_takes_the_rest) {
    old_->query(std::string("DELETE FROM order_events WHERE status = 'IN_TRANSIT' AND order_id = '") +
                finished + "'");
    old_->query("INSERT INTO outbox_events (id) VALUES ('" + std::string(on_its_way) + "')");
    const auto seen = import({"--take-over"});
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output,
                HasSubstr(std::string("not taken: ") + finished + ": its history lacks IN_TRANSIT"));
    EXPECT_THAT(seen.output, HasSubstr("1 added"));
    EXPECT_THAT(seen.output, HasSubstr("1 events of the earlier service are not published yet"));
    EXPECT_THAT(seen.output + seen.errors, testing::Not(HasSubstr("Silva")));
}

TEST_P(import_of, tells_an_order_that_went_on_there_after_it_was_taken_over) {
    import({"--take-over"});
    old_->query(std::string("UPDATE orders SET status = 'IN_TRANSIT' WHERE id = '") + on_its_way + "'");
    write_event(on_its_way, 1);
    const auto seen = import({"--take-over"});
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output, HasSubstr("went on in the earlier service: IN_TRANSIT there, RECEIVED here"));
}

TEST_P(import_of, tells_one_order_under_two_spellings_of_an_id) {
    if (std::string_view(GetParam().id) == "uuid") GTEST_SKIP() << "PostgreSQL has one spelling of these";
    const std::string twin = "58A3DF14-0C77-4C55-B38E-06E10B1D5373";
    old_->query("INSERT INTO orders VALUES ('" + twin +
                "', 'Ana', 'Rua B, 1', 'DELIVERED', '2025-11-03 00:19:36.502902')");
    for (int i = 0; i < 3; ++i) write_event(twin, i);
    const auto seen = import();
    EXPECT_EQ(seen.status.code, 1) << seen.output;
    EXPECT_THAT(seen.output, HasSubstr(": 1 added"));
    EXPECT_THAT(seen.output, HasSubstr("1 cannot be taken"));
}

INSTANTIATE_TEST_SUITE_P(
    schema, import_of,
    testing::Values(old_schema{"enumeration",
                               "CREATE TYPE orderstatus AS ENUM ('RECEIVED', 'IN_TRANSIT', 'DELIVERED')",
                               "varchar(36)", "orderstatus", "timestamptz"},
                    old_schema{"text", "SELECT 1", "uuid", "varchar(20)", "timestamp"}),
    [](const auto& info) { return info.param.name; });

TEST(import_command, names_the_table_that_is_missing) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    const auto seen = deployed.run({"import", "--from", shared_postgres().fresh_database()});
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.errors, HasSubstr("there is no table order_events"));
    EXPECT_EQ(deployed.run({"import", "--from", "sqlite:x"}).status.code, 2);
}

}  // namespace
}  // namespace delivery::tests
