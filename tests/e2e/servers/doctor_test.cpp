#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../deployment.hpp"
#include "support/amqp_client.hpp"

namespace delivery::tests {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class doctor : public testing::Test {
protected:
    command_result examine() { return deployed_.run({"doctor"}); }

    deployment deployed_{shared_postgres(), shared_rabbitmq()};
};

TEST_F(doctor, finds_nothing_wrong_with_servers_that_are_fit) {
    const auto seen = examine();
    EXPECT_EQ(seen.status.code, 0) << seen.output << seen.errors;
    for (const auto* line :
         {"ok +database +PostgreSQL 1", "ok +schema", "ok +rights", "ok +clock", "ok +durability",
          "ok +connections", "ok +broker +RabbitMQ", "ok +topology", " +limits"}) {
        EXPECT_THAT(seen.output, ContainsRegex(line));
    }
    EXPECT_THAT(seen.output, Not(HasSubstr("failed")));
    EXPECT_EQ(seen.errors, "");
}

TEST_F(doctor, tells_a_wrong_password_without_showing_it) {
    auto& url = deployed_.variables["DATABASE_URL"];
    const auto at = url.find('@');
    url.replace(url.rfind(':', at) + 1, at - url.rfind(':', at) - 1, "wrongsecret");
    const auto seen = examine();
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output,
                ContainsRegex(R"(failed +database .*password authentication failed for user "[^\"]+")"));
    EXPECT_THAT(seen.output, HasSubstr("DATABASE_URL names its host, port, database, user and password"));
    EXPECT_THAT(seen.output, Not(HasSubstr("wrongsecret")));
}

TEST_F(doctor, tells_a_schema_that_is_not_there) {
    deployed_.run({"migrate", "down", "--all"});
    const auto seen = examine();
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output, ContainsRegex("failed +schema"));
    EXPECT_THAT(seen.output, HasSubstr("do: run delivery migrate up"));
}

TEST_F(doctor, tells_a_right_that_is_missing) {
    const auto user = "doctor_" + std::to_string(getpid());
    const auto database = deployed_.open_database();
    database->query("CREATE ROLE " + user + " LOGIN PASSWORD 'secret'");
    database->query("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + user);
    database->query("REVOKE DELETE ON outbox FROM " + user);
    auto& url = deployed_.variables["DATABASE_URL"];
    url.replace(url.find("//") + 2, url.find('@') - url.find("//") - 2, user + ":secret");
    const auto seen = examine();
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output, ContainsRegex("failed +rights +not granted: DELETE on outbox\n"));
    database->query("DROP OWNED BY " + user);
    database->query("DROP ROLE " + user);
}

TEST_F(doctor, tells_that_nothing_is_granted_where_not_even_the_schema_may_be_read) {
    const auto user = "doctor_" + std::to_string(getpid());
    const auto database = deployed_.open_database();
    database->query("CREATE ROLE " + user + " LOGIN PASSWORD 'secret'");
    auto& url = deployed_.variables["DATABASE_URL"];
    url.replace(url.find("//") + 2, url.find('@') - url.find("//") - 2, user + ":secret");
    const auto seen = examine();
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output, ContainsRegex("failed +rights +not granted: .*SELECT on schema_migrations"));
    EXPECT_THAT(seen.output, HasSubstr("do: GRANT them"));
    EXPECT_THAT(seen.output, ContainsRegex("ok +clock"));
    database->query("DROP ROLE " + user);
}

TEST_F(doctor, tells_a_broker_that_does_not_let_us_in_without_showing_the_password) {
    auto& url = deployed_.variables["RABBITMQ_URL"];
    const auto at = url.find('@');
    url.replace(url.rfind(':', at) + 1, at - url.rfind(':', at) - 1, "wrongsecret");
    const auto seen = examine();
    EXPECT_EQ(seen.status.code, 1) << seen.output;
    EXPECT_THAT(seen.output, ContainsRegex("failed +broker .*ACCESS_REFUSED"));
    EXPECT_THAT(seen.output, HasSubstr("do: set user, password and virtual host in RABBITMQ_URL"));
    EXPECT_THAT(seen.output + seen.errors, Not(HasSubstr("wrongsecret")));
}

TEST_F(doctor, warns_of_a_broker_that_is_away_for_the_service_works_on) {
    deployed_.variables["RABBITMQ_URL"] = with_port(deployed_.rabbitmq_url(), free_port());
    const auto seen = examine();
    EXPECT_EQ(seen.status.code, 0) << seen.output;
    EXPECT_THAT(seen.output, ContainsRegex("warning +broker"));
    EXPECT_THAT(seen.output, HasSubstr("do: see that RabbitMQ runs"));
}

TEST_F(doctor, tells_a_queue_of_another_kind) {
    amqp_client(deployed_.rabbitmq_url()).observe_events("delivery.worker");
    const auto seen = deployed_.run({"doctor", "--json"});
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output,
                ContainsRegex("\"check\":\"topology\",\"result\":\"failed\".*delivery.worker.*delete"));
}

}  // namespace
}  // namespace delivery::tests
