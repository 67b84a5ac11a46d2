#include "postgres/blocking_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <set>

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

/// How long the kernel lets this process's connections to a server go unanswered, in milliseconds.
std::set<int> find_user_timeouts(int server_port) {
    std::set<int> found;
    for (int file = 3; file < 256; ++file) {
        sockaddr_in peer{};
        socklen_t size = sizeof(peer);
        if (::getpeername(file, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
        if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != server_port) continue;
        int timeout = 0;
        socklen_t length = sizeof(timeout);
        ::getsockopt(file, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &length);
        found.insert(timeout);
    }
    return found;
}

TEST(blocking_connection, a_server_that_vanished_is_noticed_unless_the_url_says_otherwise) {
    const auto url = tests::shared_postgres().fresh_database();
    const auto colon = url.find(':', url.find('@'));
    const auto port = std::stoi(url.substr(colon + 1));
    {
        const blocking_connection session(url);
        EXPECT_EQ(find_user_timeouts(port), std::set{60'000});
    }
    const blocking_connection session(url + "?tcp_user_timeout=7000");
    EXPECT_EQ(find_user_timeouts(port), std::set{7'000});
}

}  // namespace
}  // namespace delivery::postgres
