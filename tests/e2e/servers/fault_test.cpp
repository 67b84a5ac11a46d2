#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "support/amqp_client.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/load.hpp"
#include "support/tcp_proxy.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

// Roles that start again when they die, on ports that stay.
class cluster {
public:
    explicit cluster(deployment& where) : deployment_(where) {}

    void start(const std::string& role, const environment& more = {}) {
        auto variables = more;
        const auto port = std::to_string(ports_.try_emplace(role, free_port()).first->second);
        variables.insert({{"APP_PORT", port}, {"METRICS_PORT", port}});
        auto& running = services_[role];
        running.reset();
        running = deployment_.start(role, variables);
        running->await_ready();
    }

    void start_all(const environment& more = {}) {
        for (const auto* role : {"api", "relay", "worker"}) start(role, more);
    }

    service& operator[](const std::string& role) { return *services_.at(role); }
    int port(const std::string& role) { return ports_.at(role); }

private:
    deployment& deployment_;
    std::map<std::string, int> ports_;
    std::map<std::string, std::unique_ptr<service>> services_;
};

TEST(role_faults, any_role_killed_at_any_moment_loses_nothing_and_repeats_nothing) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    cluster roles(deployed);
    roles.start_all();
    std::mt19937 random(std::random_device{}());
    order_load load(roles.port("api"), 8);
    for (int round = 0; round < 4; ++round) {
        for (const auto* role : {"worker", "relay", "api"}) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50 + random() % 300));
            roles[role].signal(SIGKILL);
            ASSERT_TRUE(roles[role].wait());
            roles.start(role);
        }
    }
    load.stop();
    EXPECT_GT(load.acknowledged_count(), 200U);
    deployed.expect_all_delivered(roles.port("api"), load.acknowledged());
    EXPECT_EQ(amqp_client(deployed.rabbitmq_url()).depth("delivery.worker.dead-letter"), 0);
    EXPECT_EQ(load.refused_without_retry_after(), 0);
}

TEST(role_faults, cut_connections_are_made_again) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    tcp_proxy to_postgres(shared_postgres().port());
    tcp_proxy to_rabbitmq(shared_rabbitmq().port());
    deployed.variables["DATABASE_URL"] = with_port(deployed.database_url(), to_postgres.port());
    deployed.variables["RABBITMQ_URL"] = with_port(deployed.rabbitmq_url(), to_rabbitmq.port());
    cluster roles(deployed);
    roles.start_all();
    order_load load(roles.port("api"), 8);
    for (int round = 0; round < 8; ++round) {
        std::this_thread::sleep_for(150ms);
        to_postgres.cut_all();
        std::this_thread::sleep_for(70ms);
        to_rabbitmq.cut_all();
    }
    to_postgres.delay(30ms);
    std::this_thread::sleep_for(300ms);
    to_postgres.half_close();
    to_rabbitmq.half_close();
    to_postgres.pass();
    const auto before = load.acknowledged_count();
    EXPECT_TRUE(eventually(20s, [&] { return load.acknowledged_count() > before + 100; }));
    load.stop();
    for (const auto* role : {"api", "relay", "worker"})
        EXPECT_TRUE(roles[role].is_running()) << roles[role].log();
    deployed.expect_all_delivered(roles.port("api"), load.acknowledged());
    EXPECT_EQ(load.refused_without_retry_after(), 0);
}

TEST(role_faults, a_network_that_goes_away_silently_is_noticed) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    tcp_proxy to_postgres(shared_postgres().port());
    deployed.variables["DATABASE_URL"] = with_port(deployed.database_url(), to_postgres.port());
    deployed.variables["REQUEST_TIMEOUT"] = "1s";
    cluster roles(deployed);
    roles.start("api");
    const int port = roles.port("api");
    const auto id = post_order(port);

    to_postgres.black_hole();
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = http_request(port, "GET", "/orders/" + id);
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_TRUE(answer.has_header("Retry-After"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
    const auto posted = http_request(port, "POST", "/orders", R"({"customer_name":"a","address":"b"})");
    EXPECT_EQ(posted.status, 503) << posted.body;
    EXPECT_EQ(http_request(port, "GET", "/livez").status, 200);
    EXPECT_TRUE(eventually(5s, [&] { return http_request(port, "GET", "/readyz").status == 503; }));

    to_postgres.pass();
    to_postgres.cut_all();
    EXPECT_TRUE(eventually(15s, [&] { return http_request(port, "GET", "/orders/" + id).status == 200; }));
}

// Its first look at other relays is held up by a lock, and then cut off.
TEST(role_faults, a_role_whose_database_goes_away_again_while_it_starts_waits_for_it) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    const auto database = deployed.open_database();
    const auto meddler = deployed.open_database();
    database->query("BEGIN; LOCK TABLE relays IN ACCESS EXCLUSIVE MODE");
    const auto api = deployed.start("api");
    ASSERT_TRUE(eventually(20s, [&] {
        return meddler->number(
                   "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                   "WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0;
    })) << api->log();
    database->query("COMMIT");
    api->await_ready();
    EXPECT_TRUE(eventually(10s, [&] { return api->log().find("\"ready\"") != std::string::npos; }))
        << api->log();
    EXPECT_EQ(post_order(api->port()).size(), 36U);
}

class server_faults : public testing::Test {
protected:
    server_faults() { roles_.start_all(); }

    [[nodiscard]] http_answer readiness(const std::string& role) {
        return http_request(roles_.port(role), "GET", "/readyz");
    }

    deployment deployment_{own_postgres(), own_rabbitmq()};
    cluster roles_{deployment_};
};

TEST_F(server_faults, postgres_killed_under_load_is_503_and_then_well_again) {
    const int port = roles_.port("api");
    order_load load(port, 8);
    ASSERT_TRUE(eventually(20s, [&] { return load.acknowledged_count() > 100; }));
    own_postgres().kill();
    EXPECT_TRUE(eventually(10s, [&] { return load.statuses()[503] > 8; })) << roles_["api"].log();
    EXPECT_TRUE(eventually(2s, [&] { return readiness("api").status == 503; }));
    EXPECT_EQ(http_request(port, "GET", "/livez").status, 200);
    own_postgres().start();
    const auto before = load.acknowledged_count();
    EXPECT_TRUE(eventually(20s, [&] { return load.acknowledged_count() > before + 100; }))
        << roles_["api"].log();
    load.stop();
    EXPECT_EQ(load.refused_without_retry_after(), 0);
    EXPECT_EQ(load.unanswered(), 0);
    for (const auto& [status, count] : load.statuses()) EXPECT_TRUE(status == 201 || status == 503) << status;
    for (const auto* role : {"api", "relay", "worker"}) {
        EXPECT_TRUE(roles_[role].is_running()) << roles_[role].log();
        EXPECT_TRUE(eventually(10s, [&] { return readiness(role).status == 200; })) << role;
    }
    deployment_.expect_all_delivered(port, load.acknowledged());
    EXPECT_EQ(amqp_client(deployment_.rabbitmq_url()).depth("delivery.worker.dead-letter"), 0);
}

TEST_F(server_faults, postgres_stopped_in_order_is_no_different) {
    const auto before = post_order(roles_.port("api"));
    own_postgres().stop();
    const auto refused =
        http_request(roles_.port("api"), "POST", "/orders", R"({"customer_name":"a","address":"b"})");
    EXPECT_EQ(refused.status, 503) << refused.body;
    EXPECT_TRUE(refused.has_header("Retry-After"));
    own_postgres().start();
    EXPECT_TRUE(eventually(20s, [&] { return readiness("api").status == 200; }));
    deployment_.expect_all_delivered(roles_.port("api"), {before, post_order(roles_.port("api"))});
}

TEST_F(server_faults, broker_killed_orders_are_taken_and_published_afterwards) {
    const int port = roles_.port("api");
    order_load load(port, 4);
    ASSERT_TRUE(eventually(20s, [&] { return load.acknowledged_count() > 50; }));
    // A quorum queue that was declared a moment ago does not survive this.
    std::this_thread::sleep_for(1s);
    own_rabbitmq().kill();
    const auto at_death = load.acknowledged_count();
    EXPECT_TRUE(eventually(20s, [&] { return load.acknowledged_count() > at_death + 200; }))
        << roles_["api"].log();
    for (const auto* role : {"relay", "worker"}) {
        EXPECT_TRUE(eventually(5s,
                               [&] {
                                   const auto answer = readiness(role);
                                   return answer.status == 200 &&
                                          answer.body.find("degraded") != std::string::npos;
                               }))
            << role << readiness(role).body;
    }
    load.stop();
    EXPECT_EQ(load.statuses()[503], 0);
    own_rabbitmq().start();
    deployment_.expect_all_delivered(port, load.acknowledged(), 60s);
    EXPECT_TRUE(
        eventually(10s, [&] { return readiness("relay").body.find("degraded") == std::string::npos; }));
}

class memory_alarm {
public:
    memory_alarm() { own_rabbitmq().set_memory_alarm(true); }
    ~memory_alarm() { own_rabbitmq().set_memory_alarm(false); }
    memory_alarm(const memory_alarm&) = delete;
    memory_alarm& operator=(const memory_alarm&) = delete;
};

TEST_F(server_faults, a_relay_ends_in_time_while_the_broker_accepts_no_messages) {
    std::string id;
    {
        const memory_alarm alarm;
        id = post_order(roles_.port("api"));
        ASSERT_TRUE(eventually(
            20s, [&] { return roles_["relay"].log().find("accepts no messages") != std::string::npos; }));
        const auto ended = roles_["relay"].terminate(15s);
        ASSERT_TRUE(ended) << roles_["relay"].log();
        EXPECT_EQ(*ended, (exit_status{.code = 0, .signal = 0}));
    }
    roles_.start("relay");
    deployment_.expect_all_delivered(roles_.port("api"), {id}, 60s);
}

TEST_F(server_faults, a_broker_that_is_absent_at_start_is_waited_for) {
    own_rabbitmq().stop();
    roles_.start("relay");
    roles_.start("worker");
    const auto id = post_order(roles_.port("api"));
    EXPECT_EQ(status_of(roles_.port("api"), id), "RECEIVED");
    own_rabbitmq().start();
    deployment_.expect_all_delivered(roles_.port("api"), {id}, 60s);
}

}  // namespace
}  // namespace delivery::tests
