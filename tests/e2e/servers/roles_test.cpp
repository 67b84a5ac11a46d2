#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <csignal>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "domain/timestamp.hpp"
#include "support/amqp_client.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/load.hpp"
#include "support/metrics_text.hpp"
#include "support/tcp_proxy.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

const exit_status clean{.code = 0, .signal = 0};

class roles : public testing::Test {
protected:
    void start_all() {
        api_ = deployment_.start("api");
        relay_ = deployment_.start("relay");
        worker_ = deployment_.start("worker");
        for (auto* role : {api_.get(), relay_.get(), worker_.get()}) role->await_ready();
    }

    deployment deployment_{shared_postgres(), shared_rabbitmq()};
    std::unique_ptr<service> api_;
    std::unique_ptr<service> relay_;
    std::unique_ptr<service> worker_;
};

void expect_event(const amqp_message& message, const std::string& order_id, int version,
                  const std::string& status, const std::string& name, const std::string& trace) {
    EXPECT_EQ(message.exchange, "delivery.events");
    EXPECT_EQ(message.routing_key, "order." + name);
    EXPECT_EQ(message.content_type, "application/json");
    EXPECT_EQ(message.delivery_mode, 2);
    const auto body = boost::json::parse(message.body);
    EXPECT_EQ(body.as_object().size(), 5U) << message.body;
    EXPECT_EQ(text_at(body, "order_id"), order_id);
    EXPECT_EQ(text_at(body, "status"), status);
    EXPECT_EQ(body.at("version").to_number<int>(), version);
    const auto event_id = text_at(body, "event_id");
    EXPECT_EQ(message.message_id, event_id);
    EXPECT_EQ(message.headers.at("cloudEvents_id"), event_id);
    EXPECT_EQ(message.headers.at("cloudEvents_specversion"), "1.0");
    EXPECT_EQ(message.headers.at("cloudEvents_type"), "delivery.order." + name);
    EXPECT_EQ(message.headers.at("cloudEvents_subject"), order_id);
    EXPECT_EQ(message.headers.at("cloudEvents_sequence"), std::to_string(version));
    EXPECT_EQ(message.headers.at("cloudEvents_time"), text_at(body, "timestamp"));
    EXPECT_NE(message.headers.at("cloudEvents_source"), "");
    EXPECT_NE(message.headers.at("cloudEvents_traceparent").find(trace), std::string::npos);
    EXPECT_TRUE(domain::parse_rfc3339(text_at(body, "timestamp")));
}

TEST_F(roles, take_an_order_to_delivered_and_tell_the_exchange) {
    amqp_client observer(deployment_.rabbitmq_url());
    observer.observe_events();
    deployment_.variables["LOG_LEVEL"] = "debug";
    start_all();
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const auto posted =
        http_request(api_->port(), "POST", "/orders", R"({"customer_name":"Ana","address":"Rua 1"})",
                     {{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}});
    ASSERT_EQ(posted.status, 201) << posted.body;
    const auto id = text_at(posted.json(), "id");

    const std::vector<std::pair<std::string, std::string>> expected{
        {"RECEIVED", "received"}, {"IN_TRANSIT", "in_transit"}, {"DELIVERED", "delivered"}};
    for (std::size_t index = 0; index < expected.size(); ++index) {
        const auto message = observer.next();
        ASSERT_TRUE(message) << relay_->log() << worker_->log();
        expect_event(*message, id, static_cast<int>(index) + 1, expected[index].first, expected[index].second,
                     trace);
        EXPECT_EQ(message->body.find("Ana"), std::string::npos);
    }
    EXPECT_TRUE(await_status(api_->port(), id, "DELIVERED"));
    EXPECT_FALSE(observer.next(200ms)) << "an event was published twice";
    EXPECT_EQ(http_request(worker_->port(), "GET", "/livez").status, 200);
    EXPECT_GT(
        metric_sum(http_request(relay_->port(), "GET", "/metrics").body, "delivery_outbox_published_total"),
        2);
    EXPECT_GT(
        metric_sum(http_request(worker_->port(), "GET", "/metrics").body, "delivery_worker_messages_total"),
        1);

    for (auto* role : {api_.get(), relay_.get(), worker_.get()}) {
        EXPECT_EQ(role->terminate(), clean) << role->log();
        EXPECT_EQ(role->output(), "");
        EXPECT_NO_THROW(static_cast<void>(role->log_lines()));
    }
    EXPECT_NE(worker_->log().find(trace), std::string::npos) << "the trace ends before the worker";
}

TEST_F(roles, versions_of_an_order_appear_in_order_under_load) {
    amqp_client observer(deployment_.rabbitmq_url());
    observer.observe_events();
    start_all();
    {
        order_load load(api_->port(), 8);
        ASSERT_TRUE(eventually(20s, [&] { return load.acknowledged_count() > 1000; }));
        load.stop();
        deployment_.expect_all_delivered(api_->port(), load.acknowledged());
    }
    std::map<std::string, int> versions;
    while (const auto message = observer.next(500ms)) {
        auto& version = versions[message->headers.at("cloudEvents_subject")];
        const int next = std::stoi(message->headers.at("cloudEvents_sequence"));
        EXPECT_LE(next, version + 1) << message->body;
        version = std::max(version, next);
    }
    for (const auto& [id, version] : versions) EXPECT_EQ(version, 3) << id;
    EXPECT_GT(versions.size(), 1000U);
}

TEST_F(roles, start_in_any_sequence_and_wait_for_the_schema) {
    const auto down = deployment_.run({"migrate", "down", "--all"});
    ASSERT_EQ(down.status.code, 0) << down.errors;
    api_ = deployment_.start("api");
    worker_ = deployment_.start("worker");
    EXPECT_FALSE(eventually(1s, [&] { return !api_->is_running() || !worker_->is_running(); }))
        << api_->log();
    EXPECT_EQ(deployment_.run({"migrate", "up"}).status.code, 0);
    relay_ = deployment_.start("relay");
    for (auto* role : {api_.get(), relay_.get(), worker_.get()}) role->await_ready();
    deployment_.expect_all_delivered(api_->port(), {post_order(api_->port())});
}

TEST_F(roles, each_ends_in_order_under_load_and_nothing_is_lost) {
    start_all();
    const auto second_relay = deployment_.start("relay");
    const auto second_worker = deployment_.start("worker");
    second_relay->await_ready();
    second_worker->await_ready();
    order_load load(api_->port(), 8);
    ASSERT_TRUE(eventually(10s, [&] { return load.acknowledged_count() > 200; }));
    EXPECT_EQ(relay_->terminate(), clean) << relay_->log();
    EXPECT_EQ(worker_->terminate(), clean) << worker_->log();
    EXPECT_EQ(api_->terminate(), clean) << api_->log();
    load.stop();
    const auto stored = deployment_.open_database()->number("SELECT count(*) FROM orders");
    EXPECT_EQ(stored, static_cast<std::int64_t>(load.acknowledged_count())) << "stored, and never answered";
    api_ = deployment_.start("api");
    api_->await_ready();
    deployment_.expect_all_delivered(api_->port(), load.acknowledged());
}

TEST_F(roles, all_run_in_one_process_on_servers_too) {
    const auto all = deployment_.start("run");
    all->await_ready();
    deployment_.expect_all_delivered(all->port(), {post_order(all->port()), post_order(all->port())});
    EXPECT_EQ(all->terminate(), clean) << all->log();
}

TEST_F(roles, two_buses_on_one_database_are_refused) {
    start_all();
    const auto refused = run_delivery(
        {"run"},
        {{"DATABASE_URL", deployment_.database_url()}, {"APP_HOST", "127.0.0.1"}, {"APP_PORT", "0"}});
    EXPECT_EQ(refused.status.code, 2) << refused.errors;
    EXPECT_NE(refused.errors.find("RABBITMQ_URL"), std::string::npos) << refused.errors;
    EXPECT_EQ(refused.errors.find("listening"), std::string::npos) << "it answers nobody before";

    auto other = deployment_.start("relay", {{"RABBITMQ_URL", shared_rabbitmq().fresh_vhost()}});
    EXPECT_EQ(other->wait(), (exit_status{.code = 2, .signal = 0})) << other->log();
    deployment_.expect_all_delivered(api_->port(), {post_order(api_->port())});
}

TEST_F(roles, a_frozen_relay_s_shards_are_taken_over) {
    start_all();
    const auto second = deployment_.start("relay");
    second->await_ready();
    const auto database = deployment_.open_database();
    ASSERT_TRUE(eventually(15s, [&] {
        return database->number("SELECT count(DISTINCT owner) FROM shard_leases WHERE expires_at > now()") ==
               2;
    })) << "the shards are not shared";

    relay_->signal(SIGSTOP);
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::string> ids;
    for (int count = 0; count < 100; ++count) ids.push_back(post_order(api_->port()));
    EXPECT_EQ(undelivered(api_->port(), ids, 10s), std::vector<std::string>{});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 7s);
    relay_->signal(SIGCONT);
    deployment_.expect_all_delivered(api_->port(), ids);
    EXPECT_TRUE(relay_->is_running());
}

TEST_F(roles, an_event_that_was_lost_is_announced_again) {
    deployment_.variables["REDRIVE_AFTER"] = "1s";
    api_ = deployment_.start("api");
    api_->await_ready();
    const auto id = post_order(api_->port());
    deployment_.open_database()->query("DELETE FROM outbox");
    relay_ = deployment_.start("relay");
    worker_ = deployment_.start("worker");
    deployment_.expect_all_delivered(api_->port(), {id});
}

TEST_F(roles, migrators_at_once_agree) {
    ASSERT_EQ(deployment_.run({"migrate", "down", "--all"}).status.code, 0);
    std::mutex mutex;
    std::vector<command_result> results;
    {
        std::vector<std::jthread> migrators;
        for (int count = 0; count < 4; ++count) {
            migrators.emplace_back([&] {
                auto result = deployment_.run({"migrate", "up"});
                const std::lock_guard lock(mutex);
                results.push_back(std::move(result));
            });
        }
    }
    for (const auto& result : results) EXPECT_EQ(result.status.code, 0) << result.errors;
    EXPECT_EQ(deployment_.run({"migrate", "status"}).status.code, 0);
    EXPECT_EQ(deployment_.run({"migrate", "down"}).status.code, 0);
}

TEST_F(roles, a_migrator_waits_for_a_database_that_comes_late) {
    tcp_proxy late(shared_postgres().port());
    late.refuse_new();
    deployment_.variables["DATABASE_URL"] = with_port(deployment_.database_url(), late.port());
    auto migrated = std::async(std::launch::async, [&] { return deployment_.run({"migrate", "up"}); });
    ASSERT_TRUE(eventually(10s, [&] { return late.attempts() > 1; }));
    late.pass();
    const auto result = migrated.get();
    EXPECT_EQ(result.status.code, 0) << result.errors;
    EXPECT_NE(result.errors.find("waiting for PostgreSQL"), std::string::npos) << result.errors;
}

TEST_F(roles, seeded_orders_finish_and_pass_the_audit) {
    ASSERT_EQ(deployment_.run({"seed", "--orders", "60"}).status.code, 0);
    const auto database = deployment_.open_database();
    EXPECT_EQ(database->number("SELECT count(*) FROM orders"), 60);
    EXPECT_EQ(database->number("SELECT count(DISTINCT status) FROM orders"), 3);
    const auto again = deployment_.run({"seed", "--orders", "60"});
    EXPECT_EQ(again.status.code, 0) << again.errors;
    EXPECT_EQ(database->number("SELECT count(*) FROM orders"), 60);
    start_all();
    EXPECT_TRUE(deployment_.await_quiet());
    EXPECT_EQ(deployment_.run({"audit"}).status.code, 0);
}

}  // namespace
}  // namespace delivery::tests
