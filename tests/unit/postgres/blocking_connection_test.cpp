#include "postgres/blocking_connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/servers.hpp"

namespace delivery::postgres {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST(blocking_connection, answers_with_a_deadline_as_it_does_without) {
    const auto url = tests::shared_postgres().fresh_database();
    for (const auto answer_within :
         {std::optional<std::chrono::milliseconds>(), std::make_optional(20'000ms)}) {
        blocking_connection session(url, answer_within);
        EXPECT_EQ(session.run("SELECT 1; SELECT 2, NULL").at(0), (std::vector<std::string>{"2", ""}));
        EXPECT_EQ(session.run("SELECT $1::int + 1", {"41"}).at(0).at(0), "42");
        EXPECT_THROW(session.run("SELECT 1 / 0"), migration_error);
        EXPECT_EQ(session.run("SELECT 3").at(0).at(0), "3");
    }
}

TEST(blocking_connection, gives_up_a_server_that_does_not_answer_in_time) {
    blocking_connection session(tests::shared_postgres().fresh_database(), 100ms);
    const auto begin = steady_clock::now();
    EXPECT_THROW(session.run("SELECT pg_sleep(20)"), migration_error);
    EXPECT_LT(steady_clock::now() - begin, 10s);
}

TEST(blocking_connection, a_connection_that_breaks_while_it_waits_is_told) {
    blocking_connection session(tests::shared_postgres().fresh_database(), 20s);
    EXPECT_THROW(session.run("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(20)"), migration_error);
    EXPECT_FALSE(session.is_alive());
}

}  // namespace
}  // namespace delivery::postgres
