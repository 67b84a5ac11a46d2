#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "../orders.hpp"
#include "http_fixture.hpp"
#include "support/load.hpp"

namespace delivery::tests {
namespace {

class http_lists : public http_fixture {};

TEST_F(http_lists, orders_come_newest_first_and_one_connection_s_keep_their_sequence) {
    http_connection connection(port());
    std::vector<std::string> posted;
    for (int count = 0; count < 30; ++count) {
        const auto answer =
            connection.request("POST", "/orders", order_body("sequence " + std::to_string(count)));
        posted.push_back(text_at(answer.json(), "id"));
    }
    auto listed = client_.read_pages("/orders?limit=7");
    listed.resize(posted.size());
    std::ranges::reverse(posted);
    EXPECT_EQ(listed, posted);
}

TEST_F(http_lists, a_filter_holds_through_all_pages) {
    const auto id = post_order(port());
    ASSERT_TRUE(await_status(port(), id, "IN_TRANSIT"));
    const auto moving = client_.read_pages("/orders?status=IN_TRANSIT&limit=50");
    EXPECT_TRUE(std::ranges::find(moving, id) != moving.end());
    const auto finished = client_.read_pages("/orders?status=DELIVERED");
    EXPECT_TRUE(std::ranges::find(finished, id) == finished.end());
}

TEST_F(http_lists, the_page_has_twenty_orders_unless_asked_otherwise) {
    for (int count = 0; count < 25; ++count) post_order(port());
    const auto size = [this](const std::string& target) {
        return client_.request("GET", target).json().at("data").as_array().size();
    };
    EXPECT_EQ(size("/orders"), 20U);
    EXPECT_EQ(size("/orders/"), 20U);
    EXPECT_EQ(size("/orders?limit=1"), 1U);
    EXPECT_EQ(size("/orders?limit=3&unknown=x"), 3U);
}

TEST_F(http_lists, wrong_queries_and_forged_cursors_are_400) {
    for (const std::string query : {"limit=0",
                                    "limit=101",
                                    "limit=-1",
                                    "limit=x",
                                    "limit=",
                                    "limit=1.5",
                                    "limit=99999999999999999999",
                                    "limit=%31%30%31",
                                    "status=LOST",
                                    "status=delivered",
                                    "status=",
                                    "cursor=",
                                    "cursor=x",
                                    "cursor=AAAA",
                                    "cursor=%00",
                                    "cursor=!!!!",
                                    "cursor=AZpHEYw-fVKx8FqcBObTtw%3D%3D",
                                    "cursor=..%2F..%2Fetc",
                                    "cursor='%20OR%201=1--",
                                    "limit=5&limit=6",
                                    "status=%ff",
                                    "status=%zz"}) {
        const auto answer = client_.request("GET", "/orders?" + query);
        EXPECT_EQ(answer.status, 400) << query << answer.body;
        if (answer.status == 400) EXPECT_EQ(text_at(answer.json(), "error"), "bad_request");
    }
    const std::string long_cursor(4000, 'A');
    EXPECT_EQ(client_.request("GET", "/orders?cursor=" + long_cursor).status, 400);
}

TEST_F(http_lists, any_mutilation_of_a_cursor_is_400_or_a_page) {
    for (int count = 0; count < 3; ++count) post_order(port());
    const auto cursor = text_at(client_.request("GET", "/orders?limit=1").json(), "next_cursor");
    for (std::size_t index = 0; index < cursor.size(); ++index) {
        auto forged = cursor;
        forged[index] = forged[index] == 'A' ? '_' : 'A';
        const int status = client_.request("GET", "/orders?cursor=" + forged).status;
        EXPECT_TRUE(status == 400 || status == 200) << forged;
        const int shorter = client_.request("GET", "/orders?cursor=" + cursor.substr(0, index)).status;
        EXPECT_EQ(shorter, 400) << index;
    }
}

// Last, because it leaves many orders behind.
TEST_F(http_lists, orders_that_arrive_meanwhile_neither_repeat_nor_hide_one) {
    std::set<std::string> before;
    for (int count = 0; count < 60; ++count) before.insert(post_order(port()));
    order_load load(port(), 4);
    for (int round = 0; round < 3; ++round) {
        const auto listed = client_.read_pages("/orders?limit=100");
        const std::set<std::string> unique(listed.begin(), listed.end());
        EXPECT_EQ(unique.size(), listed.size()) << "an order is repeated";
        EXPECT_TRUE(std::ranges::includes(unique, before)) << "an order is hidden";
    }
}

class idempotency : public http_fixture {};

TEST_F(idempotency, the_same_request_gives_the_same_order) {
    const http_headers key{{"Idempotency-Key", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""}};
    const auto first = client_.request("POST", "/orders", order_body("once"), key);
    const auto again = client_.request("POST", "/orders", order_body("once"), key);
    EXPECT_EQ(first.status, 201);
    EXPECT_FALSE(first.has_header("Idempotent-Replayed"));
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.header("Location"), first.header("Location"));

    const auto other = client_.request("POST", "/orders", order_body("twice"), key);
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(text_at(other.json(), "error"), "idempotency_key_reused");
}

TEST_F(idempotency, a_replay_tells_the_order_of_then) {
    const http_headers key{{"Idempotency-Key", "then"}};
    const auto first = client_.request("POST", "/orders", order_body("then"), key);
    const auto id = text_at(first.json(), "id");
    ASSERT_TRUE(await_status(port(), id, "IN_TRANSIT"));
    EXPECT_EQ(client_.request("POST", "/orders", order_body("then"), key).body, first.body);
}

TEST_F(idempotency, raced_by_many_clients_it_gives_one_order) {
    for (int round = 0; round < 5; ++round) {
        const http_headers key{{"Idempotency-Key", "race " + std::to_string(round)}};
        std::mutex mutex;
        std::multiset<int> statuses;
        std::set<std::string> bodies;
        int created = 0;
        {
            std::vector<std::jthread> clients;
            for (int count = 0; count < 32; ++count) {
                clients.emplace_back([&] {
                    const auto answer = http_request(port(), "POST", "/orders", order_body("race"), key);
                    const std::lock_guard lock(mutex);
                    statuses.insert(answer.status);
                    bodies.insert(answer.body);
                    created += answer.has_header("Idempotent-Replayed") ? 0 : 1;
                });
            }
        }
        EXPECT_EQ(statuses.count(201), 32U);
        EXPECT_EQ(bodies.size(), 1U);
        EXPECT_EQ(created, 1);
    }
}

TEST_F(idempotency, raced_with_two_bodies_one_wins_and_the_other_is_refused) {
    const http_headers key{{"Idempotency-Key", "two bodies"}};
    std::mutex mutex;
    std::map<std::string, std::set<int>> statuses;
    {
        std::vector<std::jthread> clients;
        for (int count = 0; count < 32; ++count) {
            clients.emplace_back([&, name = std::string(count % 2 == 0 ? "even" : "odd")] {
                const auto answer = http_request(port(), "POST", "/orders", order_body(name), key);
                const std::lock_guard lock(mutex);
                statuses[name].insert(answer.status);
            });
        }
    }
    const std::set<int> won{201};
    const std::set<int> lost{422};
    EXPECT_TRUE((statuses["even"] == won && statuses["odd"] == lost) ||
                (statuses["even"] == lost && statuses["odd"] == won));
}

TEST_F(idempotency, nonsense_keys_are_refused_without_harm) {
    for (const auto& key : {std::string(), std::string(5000, 'k')}) {
        const auto answer = client_.request("POST", "/orders", order_body("a"), {{"Idempotency-Key", key}});
        EXPECT_TRUE(answer.status == 400 || answer.status == 422 || answer.status == 201) << answer.body;
    }
}

}  // namespace
}  // namespace delivery::tests
