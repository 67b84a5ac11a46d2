#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <csignal>

#include "../orders.hpp"
#include "support/http_client.hpp"
#include "support/service.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

TEST(embedded_life_cycle, an_order_goes_all_the_way_with_nothing_configured) {
    const temp_folder folder;
    service delivery(folder.path(), {"run"});
    const int port = delivery.port();

    const auto begin = std::chrono::steady_clock::now();
    const auto posted = http_request(port, "POST", "/orders",
                                     R"({"customer_name":"João Silva","address":"Rua Exemplo, 123"})");
    ASSERT_EQ(posted.status, 201) << posted.body;
    const auto order = posted.json();
    const auto id = text_at(order, "id");
    EXPECT_EQ(posted.header("Location"), "/orders/" + id);
    EXPECT_EQ(text_at(order, "status"), "RECEIVED");
    EXPECT_EQ(text_at(order, "customer_name"), "João Silva");
    EXPECT_EQ(text_at(order, "address"), "Rua Exemplo, 123");
    EXPECT_EQ(id[14], '7') << "not a version 7 UUID";

    ASSERT_TRUE(await_status(port, id, "IN_TRANSIT", 5s));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 1s);
    ASSERT_TRUE(await_status(port, id, "DELIVERED", 5s));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 3s);
    EXPECT_LE(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_EQ(history_faults(port, {id}), std::vector<std::string>{});
    EXPECT_EQ(text_at(http_request(port, "GET", "/orders/" + id).json(), "created_at"),
              text_at(order, "created_at"));

    EXPECT_EQ(delivery.terminate(), (exit_status{.code = 0, .signal = 0})) << delivery.log();
    EXPECT_EQ(delivery.output(), "") << "a service writes nothing to stdout";
    EXPECT_TRUE(std::filesystem::exists(folder / "data" / "delivery.db"));
}

TEST(embedded_life_cycle, durations_of_zero_take_no_time) {
    const temp_folder folder;
    service delivery(folder.path(), {"run"}, {{"PICKING_DURATION", "0"}, {"TRANSIT_DURATION", "0"}});
    const auto id = post_order(delivery.port());
    EXPECT_TRUE(await_status(delivery.port(), id, "DELIVERED", 1s));
    EXPECT_EQ(history_faults(delivery.port(), {id}), std::vector<std::string>{});
}

TEST(embedded_life_cycle, durations_are_flags_too) {
    const temp_folder folder;
    service delivery(folder.path(), {"run", "--picking-duration", "300ms", "--transit-duration", "1ms"});
    const auto id = post_order(delivery.port());
    ASSERT_TRUE(await_status(delivery.port(), id, "DELIVERED", 3s));
    const auto events = http_request(delivery.port(), "GET", "/orders/" + id + "/events").json().as_array();
    EXPECT_LT(text_at(events[0], "timestamp"), text_at(events[1], "timestamp"));
}

TEST(embedded_life_cycle, a_restart_loses_nothing_and_goes_on) {
    const temp_folder folder;
    const environment slow{{"PICKING_DURATION", "500ms"}, {"TRANSIT_DURATION", "500ms"}};
    std::vector<std::string> ids;
    {
        service delivery(folder.path(), {"run"}, slow);
        for (int count = 0; count < 20; ++count) ids.push_back(post_order(delivery.port()));
        EXPECT_EQ(delivery.terminate(), (exit_status{.code = 0, .signal = 0}));
    }
    service delivery(folder.path(), {"run"}, slow);
    EXPECT_EQ(undelivered(delivery.port(), ids, 10s), std::vector<std::string>{});
    EXPECT_EQ(history_faults(delivery.port(), ids), std::vector<std::string>{});
}

TEST(embedded_life_cycle, the_first_answer_comes_at_once) {
    const temp_folder folder;
    const auto begin = std::chrono::steady_clock::now();
    service delivery(folder.path(), {"run"});
    EXPECT_EQ(http_request(delivery.port(), "GET", "/livez").status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST(embedded_life_cycle, sigint_ends_it_in_order_too) {
    const temp_folder folder;
    service delivery(folder.path(), {"run"});
    delivery.port();
    delivery.signal(SIGINT);
    EXPECT_EQ(delivery.wait(), (exit_status{.code = 0, .signal = 0}));
}

TEST(embedded_life_cycle, a_newer_schema_is_worked_on_only_where_it_admits_this_binary) {
    const temp_folder folder;
    const auto file = folder / "data" / "delivery.db";
    {
        service delivery(folder.path(), {"run"});
        delivery.await_ready();
        ASSERT_EQ(delivery.terminate(), (exit_status{.code = 0, .signal = 0})) << delivery.log();
    }
    open_sqlite(file)->query(
        "INSERT INTO schema_migrations SELECT max(version) + 1, '9999_later', 'unknown', max(version), 1, 0 "
        "FROM schema_migrations");
    {
        service delivery(folder.path(), {"run"}, {{"PICKING_DURATION", "0"}, {"TRANSIT_DURATION", "0"}});
        EXPECT_TRUE(await_status(delivery.port(), post_order(delivery.port()), "DELIVERED"));
        ASSERT_EQ(delivery.terminate(), (exit_status{.code = 0, .signal = 0})) << delivery.log();
    }
    open_sqlite(file)->query(
        "UPDATE schema_migrations SET oldest_binary = version WHERE name = '9999_later'");
    service refused(folder.path(), {"run"});
    EXPECT_EQ(refused.wait(), (exit_status{.code = 1, .signal = 0}));
    EXPECT_NE(refused.log().find("9999_later"), std::string::npos) << refused.log();
    EXPECT_EQ(refused.log().find("listening"), std::string::npos) << refused.log();
}

}  // namespace
}  // namespace delivery::tests
