#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "../deployment.hpp"
#include "../hostile_texts.hpp"
#include "../orders.hpp"
#include "support/load.hpp"

namespace delivery::tests {
namespace {

// What the embedded service is asked in full, asked again where PostgreSQL might answer otherwise.
class http_on_postgres : public testing::Test {
protected:
    http_on_postgres() {
        api_->await_ready();
        second_api_->await_ready();
    }

    deployment deployment_{shared_postgres(), shared_rabbitmq()};
    std::unique_ptr<service> api_ = deployment_.start("api");
    std::unique_ptr<service> second_api_ = deployment_.start("api");
    contract_client client_{api_->port()};
};

TEST_F(http_on_postgres, text_comes_back_exactly_as_it_was_sent) { expect_texts_to_come_back(client_); }

TEST_F(http_on_postgres, pages_neither_repeat_nor_hide_an_order) {
    std::set<std::string> before;
    for (int count = 0; count < 60; ++count) before.insert(post_order(api_->port()));
    order_load load(second_api_->port(), 4);
    for (int round = 0; round < 3; ++round) {
        const auto listed = client_.read_pages("/orders?limit=100");
        const std::set<std::string> unique(listed.begin(), listed.end());
        EXPECT_EQ(unique.size(), listed.size()) << "an order is repeated";
        EXPECT_TRUE(std::ranges::includes(unique, before)) << "an order is hidden";
    }
}

TEST_F(http_on_postgres, one_connection_s_orders_keep_their_sequence) {
    http_connection connection(api_->port());
    std::vector<std::string> posted;
    for (int count = 0; count < 50; ++count) {
        posted.push_back(text_at(connection.request("POST", "/orders", order_body("in a row")).json(), "id"));
    }
    std::ranges::reverse(posted);
    EXPECT_EQ(client_.read_pages("/orders?limit=7"), posted);
    EXPECT_EQ(client_.read_pages("/orders?status=RECEIVED&limit=13"), posted);
    EXPECT_TRUE(client_.read_pages("/orders?status=DELIVERED").empty());
}

TEST_F(http_on_postgres, a_key_raced_through_two_processes_gives_one_order) {
    for (int round = 0; round < 5; ++round) {
        const http_headers key{{"Idempotency-Key", "race " + std::to_string(round)}};
        std::mutex mutex;
        std::map<int, int> statuses;
        std::set<std::string> bodies;
        {
            std::vector<std::jthread> clients;
            for (int count = 0; count < 32; ++count) {
                const int port = count % 2 == 0 ? api_->port() : second_api_->port();
                clients.emplace_back([&, port] {
                    const auto answer = http_request(port, "POST", "/orders", order_body("race"), key);
                    const std::lock_guard lock(mutex);
                    ++statuses[answer.status];
                    bodies.insert(answer.body);
                });
            }
        }
        EXPECT_EQ(statuses[201], 32);
        EXPECT_EQ(bodies.size(), 1U);
    }
    EXPECT_EQ(deployment_.open_database()->number("SELECT count(*) FROM orders"), 5);
    EXPECT_EQ(deployment_.open_database()->number("SELECT count(*) FROM outbox"), 5);
}

TEST_F(http_on_postgres, unknown_orders_are_404) {
    const auto answer = client_.request("GET", "/orders/FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(text_at(answer.json(), "detail"), "Order FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF not found");
}

}  // namespace
}  // namespace delivery::tests
