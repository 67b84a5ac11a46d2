#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <csignal>
#include <deque>
#include <future>
#include <ranges>

#include <fmt/format.h>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "../prometheus.hpp"
#include "support/amqp_client.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/load.hpp"
#include "support/tcp_proxy.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// A role on a port that stays when it is killed and started again.
class process {
public:
    process(deployment& where, std::string role) : where_(where), role_(std::move(role)) {}

    [[nodiscard]] const std::string& role() const { return role_; }
    [[nodiscard]] int port() const { return port_; }

    void start(const environment& more = {}) {
        auto variables = more;
        variables.insert({{"APP_PORT", std::to_string(port_)}, {"METRICS_PORT", std::to_string(port_)}});
        running_ = where_.start(role_, variables);
    }

    void await_ready() { running_->await_ready(); }

    void kill() {
        running_->signal(SIGKILL);
        EXPECT_TRUE(running_->wait());
    }

private:
    deployment& where_;
    std::string role_;
    int port_ = free_port();
    std::unique_ptr<service> running_;
};

const std::string requests_succeed = "job:delivery_http_errors:ratio_rate5m == 0";
const std::string events_are_published = "sum(rate(delivery_outbox_published_total[10m])) > 0";

/// Alerts by name, each with the pattern of its summary.
using expected_alerts = std::map<std::string, std::string>;

std::set<std::string> names_of(const std::vector<active_alert>& alerts) {
    std::set<std::string> names;
    for (const auto& alert : alerts) names.insert(alert.name);
    return names;
}

std::set<std::string> names_of(const expected_alerts& alerts) {
    const auto names = std::views::keys(alerts);
    return {names.begin(), names.end()};
}

std::string section_of(std::string alert) {
    std::ranges::transform(alert, alert.begin(), [](unsigned char letter) { return std::tolower(letter); });
    return "docs/runbook.md#" + alert;
}

/// Has the database break off every second transaction of a session that inserts orders, as it does with
/// those that stand in each other's way.
void break_off_every_second_insert(sql_database& database) {
    database.query(
        "DO $$ BEGIN FOR i IN 0..63 LOOP EXECUTE 'CREATE SEQUENCE attempts_' || i; END LOOP; END $$; "
        "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF nextval('attempts_' || pg_backend_pid() % 64) % 2 = 1 THEN "
        "RAISE 'broken off' USING ERRCODE = 'serialization_failure'; END IF; RETURN NULL; END $$; "
        "CREATE TRIGGER breaker BEFORE INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION break_off()");
}

/// Has every event that is recorded from now on look as if it had been two minutes ago.
void date_events_back(sql_database& database) {
    database.query(
        "CREATE FUNCTION date_back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "NEW.recorded_at := NEW.recorded_at - interval '2 minutes'; RETURN NEW; END $$; "
        "CREATE TRIGGER dating_back BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION date_back()");
}

/// Roles at work, watched by a Prometheus with our alerts, which are given a second instead of minutes. All
/// but DeliveryAuditMissing, which takes four hours of audits to begin with.
class live_alerts : public testing::Test {
protected:
    process& start(const std::string& role, const environment& more = {}) {
        auto& added = processes_.emplace_back(deployed_, role);
        added.start(more);
        return added;
    }

    /// Starts Prometheus, and waits until it has seen every process. Nobody has asked for an order by then,
    /// which is the one thing that an alert may be active for.
    void watch() {
        std::map<std::string, std::vector<int>> ports;
        for (const auto& one : processes_) ports[one.role()].push_back(one.port());
        prometheus_.emplace(ports, alert_delay::one_second);
        for (auto& one : processes_) one.await_ready();
        const auto all_are_up = fmt::format("sum(up) == {}", processes_.size());
        ASSERT_TRUE(eventually(30s, [&] {
            auto active = names_of(prometheus_->active_alerts());
            active.erase("DeliveryNoTraffic");
            return active.empty() && prometheus_->has_data(all_are_up);
        }));
        forget();
    }

    /// The same, and then makes traffic until Prometheus knows of it, so that all is well and no alert even
    /// pending.
    void watch_until_all_is_well(const std::function<void()>& make_traffic, const std::string& known) {
        watch();
        ASSERT_TRUE(eventually(
            20s,
            [&] {
                make_traffic();
                return prometheus_->has_data(known) && prometheus_->active_alerts().empty();
            },
            200ms));
        forget();
    }

    /// Expects that soon exactly these alerts fire, and that since all was well none has but these and those
    /// expected before. Does `meanwhile` again and again until then.
    void expect_firing(const expected_alerts& expected, const std::function<void()>& meanwhile = [] {}) {
        std::vector<active_alert> firing;
        EXPECT_TRUE(eventually(
            30s,
            [&] {
                meanwhile();
                firing = firing_alerts();
                return names_of(firing) == names_of(expected);
            },
            100ms));
        ASSERT_EQ(names_of(firing), names_of(expected));
        for (const auto& alert : firing) {
            EXPECT_THAT(alert.summary, testing::MatchesRegex(expected.at(alert.name)));
            EXPECT_EQ(alert.runbook_url, section_of(alert.name));
        }
        may_have_fired_.merge(names_of(expected));
        const auto watched =
            std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - watched_since_);
        EXPECT_EQ(prometheus_->fired_within(watched), may_have_fired_);
    }

    [[nodiscard]] std::vector<active_alert> firing_alerts() const {
        auto alerts = prometheus_->active_alerts();
        std::erase_if(alerts, [](const auto& alert) { return !alert.is_firing; });
        return alerts;
    }

    deployment deployed_{shared_postgres(), shared_rabbitmq()};
    std::deque<process> processes_;
    std::optional<prometheus> prometheus_;

private:
    void forget() {
        watched_since_ = steady_clock::now();
        may_have_fired_.clear();
    }

    steady_clock::time_point watched_since_;
    std::set<std::string> may_have_fired_;
};

TEST_F(live_alerts, fire_when_nobody_comes_or_orders_stand_still_or_processes_are_gone) {
    auto& api = start("api");
    start("relay");
    auto& worker = start("worker");
    auto& other_worker = start("worker");
    watch();
    expect_firing({{"DeliveryNoTraffic", "Nobody has asked for or posted an order in half an hour"}});
    expect_firing({}, [&] { http_request(api.port(), "GET", "/orders"); });

    const auto leases = deployed_.open_database();
    leases->query("BEGIN; LOCK TABLE shard_leases IN ACCESS EXCLUSIVE MODE");
    ASSERT_TRUE(eventually(10s, [&] {
        return leases->number("SELECT count(*) FROM shard_leases WHERE expires_at > clock_timestamp()") == 0;
    }));
    const auto post = [&] { post_order(api.port()); };
    expect_firing({{"DeliveryRelaysIdle", "Orders are taken, and no relay publishes any event"}}, post);

    const auto timers = deployed_.open_database();
    timers->query("BEGIN; LOCK TABLE timers IN SHARE MODE");
    leases->query("COMMIT");
    expect_firing({{"DeliveryWorkersIdle", "Events are published, and no worker handles any"}}, post);
    timers->query("COMMIT");
    expect_firing({});

    amqp_client client(deployed_.rabbitmq_url());
    client.publish({.exchange = "delivery.events", .routing_key = "order.received", .body = "not json"});
    expected_alerts expected{{"DeliveryDeadLetters", "1 messages were set aside as hopeless"}};
    expect_firing(expected);

    other_worker.kill();
    expected["DeliveryTargetDown"] =
        fmt::format("worker at 127.0.0.1:{} does not answer", other_worker.port());
    expect_firing(expected);
    worker.kill();
    expected["DeliveryTargetDown"] = "worker at 127.0.0.1:[0-9]+ does not answer";
    expected["DeliveryRoleAbsent"] = "Not one worker is running";
    expect_firing(expected);
    for (auto* one : {&worker, &other_worker}) one->start();
    expected.erase("DeliveryTargetDown");
    expected.erase("DeliveryRoleAbsent");
    expect_firing(expected);
}

TEST_F(live_alerts, fire_while_a_server_is_away_and_while_workers_catch_up) {
    tcp_proxy to_postgres(shared_postgres().port());
    tcp_proxy to_rabbitmq(shared_rabbitmq().port());
    deployed_.variables["DATABASE_URL"] = with_port(deployed_.database_url(), to_postgres.port());
    deployed_.variables["RABBITMQ_URL"] = with_port(deployed_.rabbitmq_url(), to_rabbitmq.port());
    auto& api = start("api", {{"REQUEST_TIMEOUT", "500ms"}});
    start("relay");
    start("worker");
    const auto is_posted = [&] {
        return http_request(api.port(), "POST", "/orders", R"({"customer_name":"a","address":"b"})").status ==
               201;
    };
    watch_until_all_is_well(is_posted, events_are_published);

    to_postgres.refuse_new();
    to_postgres.cut_all();
    expected_alerts expected{
        {"DeliveryErrorBudgetBurnFast", R"(api fails [0-9.]+% of its requests)"},
        {"DeliveryErrorBudgetBurnSlow", R"(api has failed [0-9.]+% of its requests for hours)"}};
    expect_firing(expected, [&] { http_request(api.port(), "GET", "/orders"); });
    to_postgres.pass();
    ASSERT_TRUE(eventually(20s, is_posted));

    to_rabbitmq.refuse_new();
    to_rabbitmq.cut_all();
    const auto database = deployed_.open_database();
    date_events_back(*database);
    ASSERT_TRUE(eventually(20s, is_posted));
    expected["DeliveryPublishFailures"] = "The broker did not take events, [0-9]+ times in five minutes";
    expected["DeliveryOutboxOld"] = "An event has waited 2m [0-9]+s to be published";
    expect_firing(expected);

    database->query("DROP TRIGGER dating_back ON outbox");
    to_rabbitmq.pass();
    expected.erase("DeliveryOutboxOld");
    expected["DeliveryWorkerLagHigh"] = "Workers are [0-9]m [0-9]+s behind";
    expect_firing(expected);
}

TEST_F(live_alerts, fire_when_the_database_is_slow_or_breaks_transactions_off) {
    auto& api = start("api", {{"THREADS", "4"}});
    start("relay");
    start("worker");
    watch_until_all_is_well([&] { post_order(api.port()); }, events_are_published);

    const auto blocking = deployed_.open_database();
    const auto database = deployed_.open_database();
    blocking->query("BEGIN; LOCK TABLE orders IN SHARE MODE");
    std::vector<std::future<std::string>> posted;
    for (int count = 0; count < 4; ++count) {
        posted.push_back(std::async(std::launch::async, [&] { return post_order(api.port()); }));
    }
    ASSERT_TRUE(eventually(10s, [&] {
        return database->number(
                   "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                   "AND wait_event_type = 'Lock' AND query_start < now() - interval '1.2 seconds'") > 0;
    }));
    blocking->query("COMMIT");
    for (auto& one : posted) one.get();
    expect_firing({{"DeliveryLatencyHigh", "/orders: one request in a hundred takes longer than 2[.0-9]+s"}});

    break_off_every_second_insert(*database);
    const order_load load(api.port(), 8);
    expect_firing({{"DeliveryStoreRetries", "api repeats [0-9.]+ calls of the database a second"}});
    EXPECT_EQ(load.statuses().at(201), static_cast<int>(load.acknowledged_count()));
}

TEST_F(live_alerts, fire_for_a_corrupt_history_until_an_audit_finds_it_mended) {
    const environment often{{"AUDIT_INTERVAL", "1s"}};
    auto& api = start("api");
    auto& relay = start("relay", often);
    start("worker");
    api.await_ready();
    const auto id = post_order(api.port());
    watch_until_all_is_well([&] { http_request(api.port(), "GET", "/orders"); }, requests_succeed);
    ASSERT_TRUE(await_status(api.port(), id, "DELIVERED"));

    const auto database = deployed_.open_database();
    database->query("UPDATE orders SET version = 9");
    const expected_alerts violation{{"DeliveryAuditViolation", "The audit found 1 violations"}};
    expect_firing(violation);

    // Started again, it says nought, and will not audit for a minute.
    relay.kill();
    relay.start({{"AUDIT_INTERVAL", "1h"}});
    ASSERT_TRUE(eventually(30s, [&] {
        return prometheus_->has_data(
            "max_over_time(delivery_audit_last_success_timestamp_seconds[2s]) == 0 "
            "and count_over_time(delivery_audit_last_success_timestamp_seconds[2s]) > 2");
    }));
    EXPECT_EQ(names_of(firing_alerts()), names_of(violation));

    database->query("UPDATE orders SET version = 3");
    relay.kill();
    relay.start(often);
    EXPECT_TRUE(eventually(30s, [&] { return firing_alerts().empty(); }));
}

}  // namespace
}  // namespace delivery::tests
