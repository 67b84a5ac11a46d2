#include "http/server.hpp"

#include <gmock/gmock.h>

#include <map>

#include "server_fixture.hpp"

namespace delivery::http {
namespace {

using std::chrono::milliseconds;
using tests::http_connection;

class serving : public tests::server_fixture {};

TEST_F(serving, answers_one_request_after_another_on_one_connection) {
    start();
    http_connection client(port());
    for (int i = 0; i < 20; ++i) {
        const auto target = "/" + std::to_string(i);
        const auto answer = client.request("POST", target, "body");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "POST " + target + " body");
        EXPECT_FALSE(answer.has_header("Connection"));
        EXPECT_TRUE(answer.has_header("Date"));
    }
}

TEST_F(serving, answers_pipelined_requests_in_order) {
    start();
    http_connection client(port());
    std::string bytes;
    for (int i = 0; i < 500; ++i) bytes += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(bytes);
    for (int i = 0; i < 500; ++i) ASSERT_EQ(client.read_answer().body, "GET /" + std::to_string(i) + " ");
}

TEST_F(serving, gives_head_the_headers_alone) {
    start();
    http_connection client(port());
    client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto head = client.read_answer(true);
    EXPECT_EQ(head.header("Content-Length"), std::to_string(std::string("HEAD /a ").size()));
    EXPECT_EQ(client.read_answer().body, "GET /b ");
}

TEST_F(serving, takes_chunked_bodies_in_any_pieces) {
    start();
    http_connection client(port());
    const std::string bytes =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n4;x\r\ndefg\r\n0\r\n\r\n";
    for (const char c : bytes) client.send({&c, 1});
    EXPECT_EQ(client.read_answer().body, "POST / abcdefg");
    EXPECT_EQ(client.request("GET", "/next").body, "GET /next ");
}

TEST_F(serving, says_100_continue_to_those_who_wait_for_it) {
    start();
    http_connection client(port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 100);
    client.send("hi");
    EXPECT_EQ(client.read_answer().body, "POST / hi");

    // A body that is refused anyway is not asked for.
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(serving, speaks_http_1_0) {
    start();
    EXPECT_EQ(refusal_of("GET /a HTTP/1.0\r\n\r\n").body, "GET /a ");
    http_connection client(port());
    client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(client.read_answer().header("Connection"), "keep-alive");
    client.send("GET /b HTTP/1.0\r\n\r\n");
    EXPECT_EQ(client.read_answer().body, "GET /b ");
    EXPECT_TRUE(client.is_closed_within(milliseconds(1000)));
}

TEST_F(serving, closes_when_asked_to) {
    start();
    EXPECT_EQ(refusal_of("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status, 200);
}

TEST_F(serving, answers_a_client_that_has_ended_its_sending) {
    start();
    http_connection client(port());
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    client.end_sending();
    EXPECT_EQ(client.read_answer().status, 200);
    EXPECT_TRUE(client.is_closed_within(milliseconds(1000)));
}

TEST_F(serving, is_not_harmed_by_clients_that_leave) {
    start();
    for (const auto* bytes :
         {"", "GE", "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n", "GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"}) {
        http_connection polite(port());
        polite.send(bytes);
        http_connection rude(port());
        rude.send(bytes);
        rude.reset();
    }
    EXPECT_TRUE(tests::eventually(milliseconds(5000), [&] { return server->connections() == 0; }));
    http_connection client(port());
    EXPECT_EQ(get(client, "/").status, 200);
}

TEST_F(serving, writes_answers_larger_than_the_sockets_buffers) {
    start();
    http_connection client(port());
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read_answer().body, std::string(4 << 20, 'b'));
    EXPECT_EQ(client.read_answer().body, "GET /next ");
}

TEST_F(serving, refuses_smuggled_requests_and_closes) {
    start();
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
    const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const auto& bytes : {
             head + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde" + smuggled,
             head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
             head + "Transfer-Encoding: identity\r\n\r\n" + smuggled,
             head + "Transfer-Encoding: xchunked\r\n\r\n" + smuggled,
             head + "Transfer-Encoding: chunked, identity\r\n\r\n" + smuggled,
             head + "Content-Length: 4,4\r\n\r\nabcd" + smuggled,
             head + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd" + smuggled,
             head + "X: a\r\n b\r\n\r\n" + smuggled,
             head + "Host: b\r\n\r\n" + smuggled,
             "GET / HTTP/1.1\r\n\r\n" + smuggled,
             "GET / HTTP/1.1\nHost: a\n\n" + smuggled,
             "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
         }) {
        const auto answer = refusal_of(bytes);
        EXPECT_EQ(answer.status, 400) << bytes;
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
    }
    EXPECT_EQ(handled, 0);
    EXPECT_EQ(refused, 12);
}

TEST_F(serving, deals_connections_to_its_reactors_in_turn) {
    start(3);
    std::map<std::string, int> served;
    std::deque<http_connection> clients;
    for (int i = 0; i < 12; ++i) ++served[get(clients.emplace_back(port()), "/reactor").body];
    EXPECT_EQ(served.size(), 3U);
    for (const auto& [reactor, count] : served) EXPECT_EQ(count, 4);
}

TEST_F(serving, names_a_taken_port) {
    start();
    auto taken = options;
    taken.port = server->port();
    boost::asio::io_context context;
    const auto listen_again = [&] {
        listen(taken, {{.where = context.get_executor(), .handle = {}, .refuse = {}}}, logger);
    };
    EXPECT_THAT(listen_again, testing::ThrowsMessage<std::runtime_error>(
                                  testing::HasSubstr("127.0.0.1:" + std::to_string(taken.port))));
}

}  // namespace
}  // namespace delivery::http
