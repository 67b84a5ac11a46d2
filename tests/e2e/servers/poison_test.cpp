#include <gtest/gtest.h>

#include <set>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "support/amqp_client.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/metrics_text.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

std::string body_of(const std::string& order_id, const std::string& status, const std::string& version) {
    return R"({"event_id":"01900000-0000-7000-8000-0000000000ee","order_id":")" + order_id +
           R"(","status":")" + status + R"(","version":)" + version +
           R"(,"timestamp":"2025-11-03T00:32:55.534780Z"})";
}

class poison : public testing::Test {
protected:
    poison() {
        for (auto* role : {api_.get(), relay_.get(), worker_.get()}) role->await_ready();
    }

    void publish(const std::string& body, const std::string& routing_key = "order.received") {
        client_.publish({.exchange = "delivery.events",
                         .routing_key = routing_key,
                         .body = body,
                         .content_type = "application/json",
                         .message_id = "poison"});
    }

    deployment deployment_{shared_postgres(), shared_rabbitmq()};
    std::unique_ptr<service> api_ = deployment_.start("api");
    std::unique_ptr<service> relay_ = deployment_.start("relay");
    std::unique_ptr<service> worker_ = deployment_.start("worker");
    amqp_client client_{deployment_.rabbitmq_url()};
};

TEST_F(poison, what_can_never_succeed_is_dead_lettered_and_its_neighbours_are_not) {
    const std::string order = "01900000-0000-7000-8000-00000000abcd";
    const auto delivered = post_order(api_->port());
    ASSERT_TRUE(await_status(api_->port(), delivered, "DELIVERED"));
    const std::vector<std::string> bodies{
        "not json",
        "",
        "\xff\xfe",
        "[]",
        "{}",
        R"({"order_id":")" + order + R"("})",
        body_of("not an id", "RECEIVED", "1"),
        body_of(order, "LOST", "1"),
        body_of(order, "RECEIVED", "\"1\""),
        body_of(order, "RECEIVED", "99999999999"),
        body_of(order, "RECEIVED", "1"),
        body_of(delivered, "IN_TRANSIT", "7"),
        std::string(100'000, '['),
    };
    std::vector<std::string> neighbours;
    for (const auto& body : bodies) {
        neighbours.push_back(post_order(api_->port()));
        publish(body);
    }
    EXPECT_EQ(undelivered(api_->port(), neighbours, 20s), std::vector<std::string>{});

    const std::string dead_letters = "delivery.worker.dead-letter";
    EXPECT_TRUE(
        eventually(10s, [&] { return client_.depth(dead_letters) == static_cast<int>(bodies.size()); }))
        << client_.depth(dead_letters).value_or(-1) << worker_->log();
    std::multiset<std::string> dead;
    while (const auto letter = client_.take(dead_letters)) {
        dead.insert(letter->body);
        EXPECT_NE(
            letter->headers.contains("x-delivery-reason") ? letter->headers.at("x-delivery-reason") : "", "")
            << letter->body;
    }
    EXPECT_EQ(dead, std::multiset<std::string>(bodies.begin(), bodies.end()));
    EXPECT_EQ(client_.depth("delivery.worker"), 0);
    deployment_.expect_all_delivered(api_->port(), neighbours);
}

TEST_F(poison, forged_messages_of_any_size_hold_up_nothing) {
    worker_->terminate();
    const auto spoofed = post_order(api_->port());
    // Whoever may publish can say that it is time for a step, and no more. This header fits into a frame by
    // itself, but not beside all those of our own events.
    client_.publish({.exchange = "delivery.events",
                     .routing_key = "order.received",
                     .body = body_of(spoofed, "RECEIVED", "1"),
                     .headers = {{"cloudEvents_traceparent", std::string(130'800, 'x')}},
                     .content_type = "application/json"});
    for (int count = 0; count < 10; ++count) publish(std::string(4 << 20, '['));
    worker_ = deployment_.start("worker");
    const auto next = post_order(api_->port());
    deployment_.expect_all_delivered(api_->port(), {spoofed, next}, 60s);

    const std::string dead_letters = "delivery.worker.dead-letter";
    EXPECT_TRUE(eventually(30s, [&] { return client_.depth(dead_letters) == 10; })) << worker_->log();
    const auto letter = client_.take(dead_letters).value();
    EXPECT_EQ(letter.body.size(), 262'144U);
    EXPECT_NE(letter.headers.at("x-delivery-reason").find("4194304 bytes"), std::string::npos);
    const auto metrics = http_request(worker_->port(), "GET", "/metrics").body;
    EXPECT_LT(metric_sum(metrics, "process_resident_memory_bytes"), 150e6);
}

TEST_F(poison, stale_and_repeated_messages_change_nothing) {
    const auto id = post_order(api_->port());
    ASSERT_TRUE(await_status(api_->port(), id, "DELIVERED"));
    for (int count = 0; count < 20; ++count) {
        publish(body_of(id, "RECEIVED", "1"));
        publish(body_of(id, "IN_TRANSIT", "2"), "order.in_transit");
    }
    const auto next = post_order(api_->port());
    deployment_.expect_all_delivered(api_->port(), {id, next});
    EXPECT_EQ(client_.depth("delivery.worker.dead-letter"), 0);
}

TEST_F(poison, a_worker_that_crashes_again_and_again_dead_letters_nothing) {
    std::vector<std::string> ids;
    worker_.reset();
    for (int count = 0; count < 50; ++count) ids.push_back(post_order(api_->port()));
    for (int round = 0; round < 4; ++round) {
        const auto crashing = deployment_.start("worker");
        crashing->port();
    }
    worker_ = deployment_.start("worker");
    deployment_.expect_all_delivered(api_->port(), ids);
    EXPECT_EQ(client_.depth("delivery.worker.dead-letter"), 0);
}

}  // namespace
}  // namespace delivery::tests
