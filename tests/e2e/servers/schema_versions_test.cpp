#include <gtest/gtest.h>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

/// A database that a newer binary has brought to a version that this one does not know.
class newer_schema : public testing::Test {
protected:
    void migrate_beyond(bool admits_this_binary) {
        const auto newest = database_->number("SELECT max(version) FROM schema_migrations");
        database_->query(
            "INSERT INTO schema_migrations (version, name, checksum, oldest_binary, finished) VALUES (" +
            std::to_string(newest + 1) + ", '9999_later', 'unknown', " +
            std::to_string(admits_this_binary ? newest : newest + 1) + ", true)");
    }

    deployment deployment_{shared_postgres(), shared_rabbitmq()};
    std::unique_ptr<sql_database> database_ = deployment_.open_database();
};

TEST_F(newer_schema, that_admits_this_binary_is_worked_on) {
    const auto before = deployment_.start("api");
    before->await_ready();
    migrate_beyond(true);
    EXPECT_EQ(http_request(before->port(), "GET", "/readyz").status, 200) << "a running role stays ready";
    const auto relay = deployment_.start("relay");
    const auto worker = deployment_.start("worker");
    for (auto* role : {relay.get(), worker.get()}) role->await_ready();
    deployment_.expect_all_delivered(before->port(), {post_order(before->port())});
    EXPECT_EQ(deployment_.run({"migrate", "up"}).status.code, 0) << "there is nothing to do";
    EXPECT_EQ(deployment_.run({"migrate", "status"}).status.code, 0);
}

TEST_F(newer_schema, that_does_not_is_refused_with_the_reason) {
    migrate_beyond(false);
    deployment_.variables["STARTUP_TIMEOUT"] = "500ms";
    for (const auto* role : {"api", "relay", "worker", "run"}) {
        const auto refused = deployment_.start(role);
        EXPECT_EQ(refused->wait(), (exit_status{.code = 1, .signal = 0})) << role;
        EXPECT_NE(refused->log().find("9999_later"), std::string::npos) << refused->log();
    }
    for (const auto* command : {"up", "status"}) {
        const auto result = deployment_.run({"migrate", command});
        EXPECT_EQ(result.status.code, 1) << command;
        EXPECT_NE((result.output + result.errors).find("9999_later"), std::string::npos) << result.errors;
    }
}

TEST_F(newer_schema, that_comes_while_a_role_runs_makes_it_unready_until_it_goes) {
    const auto api = deployment_.start("api");
    api->await_ready();
    migrate_beyond(false);
    EXPECT_TRUE(eventually(5s, [&] { return http_request(api->port(), "GET", "/readyz").status == 503; }));
    const auto answer = http_request(api->port(), "GET", "/readyz").body;
    EXPECT_NE(answer.find("9999_later"), std::string::npos) << answer;
    EXPECT_EQ(http_request(api->port(), "GET", "/livez").status, 200);
    database_->query("DELETE FROM schema_migrations WHERE name = '9999_later'");
    EXPECT_TRUE(eventually(5s, [&] { return http_request(api->port(), "GET", "/readyz").status == 200; }));
}

}  // namespace
}  // namespace delivery::tests
