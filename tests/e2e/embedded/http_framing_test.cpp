#include <sys/resource.h>

#include <memory>
#include <vector>

#include "../orders.hpp"
#include "http_fixture.hpp"
#include "support/eventually.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

class http_framing : public http_fixture {
protected:
    // Whatever else comes of it, the bytes after an ambiguous message must not be taken for a request.
    static void expect_refused(const std::string& bytes) {
        http_connection connection(port());
        connection.send(bytes + "GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-Id: smuggled\r\n\r\n");
        const auto answer = connection.read_answer();
        EXPECT_EQ(answer.status, 400) << bytes;
        EXPECT_EQ(answer.header("Content-Type").substr(0, 24), "application/problem+json");
        EXPECT_NE(answer.header("X-Request-Id"), "smuggled");
        EXPECT_TRUE(connection.is_closed_within(2s)) << bytes;
    }
};

TEST_F(http_framing, ambiguous_framing_is_refused_and_the_connection_closed) {
    const std::string start = "POST /orders HTTP/1.1\r\nHost: x\r\n";
    for (const std::string& bytes : {
             start + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
             start + "Transfer-Encoding: identity\r\n\r\nhello",
             start + "Transfer-Encoding: xchunked\r\n\r\nhello",
             start + "Transfer-Encoding: chunked, identity\r\n\r\nhello",
             start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
             start + "Content-Length: 4,4\r\n\r\nabcd",
             start + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
             start + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
             start + "Content-Length: +4\r\n\r\nabcd",
             start + "Content-Length: -4\r\n\r\nabcd",
             start + "Content-Length : 4\r\n\r\nabcd",
             start + "Content-Length: 4x\r\n\r\nabcd",
             start + "Content-Length: 99999999999999999999\r\n\r\nabcd",
             start + "X-Folded: a\r\n b\r\n\r\n",
             start + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
             start + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
             start + "Host: y\r\n\r\n",
             std::string("GET /livez HTTP/1.1\r\n\r\n"),
             std::string("POST /orders HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
             std::string("GET /livez\r\n\r\n"),
             std::string("GET /livez HTTP/2.0\r\nHost: x\r\n\r\n"),
             std::string("nonsense\r\n\r\n"),
         }) {
        expect_refused(bytes);
    }
}

TEST_F(http_framing, half_a_request_then_silence_does_not_hold_a_connection_for_ever) {
    http_connection half_a_header(port(), 40s);
    half_a_header.send("GET /livez HTTP/1.1\r\nHo");
    http_connection half_a_body(port(), 40s);
    half_a_body.send("POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    EXPECT_TRUE(half_a_header.is_closed_within(35s));
    EXPECT_TRUE(half_a_body.is_closed_within(35s));
}

TEST_F(http_framing, a_client_that_leaves_in_the_middle_harms_nobody) {
    for (int count = 0; count < 50; ++count) {
        http_connection leaving(port());
        leaving.send("POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"customer");
        if (count % 2 == 0) leaving.reset();
    }
    for (int count = 0; count < 50; ++count) {
        http_connection leaving(port());
        const auto body = order_body("gone");
        leaving.send("POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\n\r\n" + body);
        leaving.reset();
    }
    EXPECT_EQ(client_.request("POST", "/orders", order_body("after")).status, 201);
}

TEST_F(http_framing, a_client_that_only_half_closes_gets_its_answer) {
    http_connection connection(port());
    const auto body = order_body("half");
    connection.send("POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + body);
    connection.end_sending();
    EXPECT_EQ(connection.read_answer().status, 201);
}

TEST_F(http_framing, ten_thousand_connections_at_once_are_survived) {
    constexpr int wanted = 10'100;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < wanted + 500) GTEST_SKIP() << "this system does not allow that many files";

    http_connection busy(port());
    EXPECT_EQ(busy.request("GET", "/livez").status, 200);
    std::vector<std::unique_ptr<http_connection>> idle;
    for (int count = 0; count < wanted; ++count) {
        try {
            idle.push_back(std::make_unique<http_connection>(port()));
        } catch (const std::exception&) {
            break;  // The service may refuse, as long as it lives.
        }
    }
    EXPECT_GT(idle.size(), 9'000U);
    EXPECT_EQ(busy.request("POST", "/orders", order_body("busy")).status, 201);
    idle.clear();
    EXPECT_TRUE(eventually(10s, [&] {
        const auto answer = try_http_request(port(), "GET", "/livez");
        return answer && answer->status == 200;
    }));
    EXPECT_EQ(client_.request("POST", "/orders", order_body("after")).status, 201);
}

}  // namespace
}  // namespace delivery::tests
