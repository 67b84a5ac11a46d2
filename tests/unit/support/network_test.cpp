#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

#include "support/amqp_client.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/servers.hpp"
#include "support/tcp_proxy.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

// A server that answers every connection's first request with a fixed text.
class scripted_server {
public:
    explicit scripted_server(std::string answer) : answer_(std::move(answer)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof(address);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, generic, length) != 0) throw std::runtime_error("cannot bind");
        ::listen(listener_, 10);
        ::getsockname(listener_, generic, &length);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] { serve(); });
    }
    ~scripted_server() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;

    [[nodiscard]] int port() const { return port_; }

private:
    void serve() {
        while (true) {
            const int client = ::accept(listener_, nullptr, nullptr);
            if (client < 0) return;
            if (receives_request(client)) ::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
            ::close(client);
        }
    }

    static bool receives_request(int client) {
        std::string received;
        char bytes[1024];
        while (!received.ends_with("\r\n\r\n")) {
            const auto count = ::recv(client, bytes, sizeof(bytes), 0);
            if (count <= 0) return false;
            received.append(bytes, static_cast<std::size_t>(count));
        }
        return true;
    }

    std::string answer_;
    int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    int port_ = 0;
    std::jthread thread_;
};

TEST(http_client, reads_a_body_by_its_length) {
    const scripted_server server("HTTP/1.1 201 Created\r\nX-One: 1\r\ncontent-length: 7\r\n\r\n{\"a\":1}");
    const auto answer = http_request(server.port(), "GET", "/");
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.header("x-one"), "1");
    EXPECT_EQ(answer.body, "{\"a\":1}");
}

TEST(http_client, reads_chunks_and_bodies_that_end_with_the_connection) {
    const scripted_server chunked(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    EXPECT_EQ(http_request(chunked.port(), "GET", "/").body, "abcde");
    const scripted_server until_close("HTTP/1.0 200 OK\r\n\r\nall of it");
    EXPECT_EQ(http_request(until_close.port(), "GET", "/").body, "all of it");
}

TEST(http_client, refuses_half_an_answer) {
    const scripted_server server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_THROW(http_request(server.port(), "GET", "/"), std::runtime_error);
    EXPECT_FALSE(try_http_request(server.port(), "GET", "/"));
}

class tcp_proxy_test : public testing::Test {
protected:
    [[nodiscard]] bool answers(std::chrono::milliseconds limit = 2s) const {
        try {
            return http_connection(proxy_.port(), limit).request("GET", "/").body == "hello";
        } catch (const std::exception&) {
            return false;
        }
    }

    scripted_server server_{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"};
    tcp_proxy proxy_{server_.port()};
};

TEST_F(tcp_proxy_test, passes_everything_on) { EXPECT_TRUE(answers()); }

TEST_F(tcp_proxy_test, delays) {
    proxy_.delay(150ms);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(answers());
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms);
}

TEST_F(tcp_proxy_test, throttles) {
    proxy_.throttle(200);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(answers());
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 150ms);
}

TEST_F(tcp_proxy_test, misbehaves_until_told_to_pass) {
    proxy_.black_hole();
    EXPECT_FALSE(answers(100ms));
    proxy_.pass();
    EXPECT_TRUE(answers());
    proxy_.refuse_new();
    EXPECT_FALSE(answers());
    proxy_.pass();
    EXPECT_TRUE(answers());
}

TEST_F(tcp_proxy_test, cuts_open_connections) {
    http_connection open(proxy_.port(), 2s);
    proxy_.delay(10s);
    open.send("GET");
    std::this_thread::sleep_for(50ms);
    proxy_.cut_all();
    EXPECT_TRUE(open.is_closed_within(2s));
}

TEST_F(tcp_proxy_test, half_closes_so_that_the_server_hears_an_end_and_can_still_answer) {
    http_connection open(proxy_.port(), 2s);
    open.send("GET");
    ASSERT_TRUE(eventually(2s, [this] { return proxy_.connections() == 1; }));
    proxy_.half_close();
    EXPECT_TRUE(open.is_closed_within(2s));
    EXPECT_TRUE(answers());
}

TEST_F(tcp_proxy_test, cuts_every_second_connection) {
    http_connection first(proxy_.port(), 2s);
    http_connection second(proxy_.port(), 2s);
    ASSERT_TRUE(eventually(2s, [this] { return proxy_.connections() == 2; }));
    proxy_.cut_half();
    ASSERT_TRUE(eventually(2s, [this] { return proxy_.connections() == 1; }));
    EXPECT_TRUE(first.is_closed_within(2s));
    EXPECT_EQ(second.request("GET", "/").body, "hello");
}

TEST_F(tcp_proxy_test, leads_new_connections_to_another_server) {
    scripted_server other("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere");
    proxy_.redirect(other.port());
    EXPECT_EQ(http_connection(proxy_.port(), 2s).request("GET", "/").body, "there");
    proxy_.redirect(server_.port());
    EXPECT_TRUE(answers());
}

TEST(amqp_client, observes_through_a_queue_that_lasts) {
    const auto url = shared_rabbitmq().fresh_vhost();
    std::make_unique<amqp_client>(url)->observe_events("lasting");
    amqp_client other(url);
    for (const auto* body : {"1", "2"})
        other.publish({.exchange = "delivery.events", .routing_key = "order.received", .body = body});
    for (const auto* body : {"1", "2"}) {
        amqp_client observer(url);
        observer.observe_events("lasting");
        const auto message = observer.next();
        ASSERT_TRUE(message);
        EXPECT_EQ(message->body, body);
    }
}

TEST(amqp_client, observes_publishes_and_takes) {
    const auto url = shared_rabbitmq().fresh_vhost();
    amqp_client observer(url);
    observer.observe_events();
    amqp_client other(url);
    EXPECT_FALSE(other.depth("delivery.worker"));
    other.publish({.exchange = "delivery.events",
                   .routing_key = "order.received",
                   .body = "{}",
                   .headers = {{"cloudEvents_id", "x"}},
                   .content_type = "application/json",
                   .message_id = "m"});

    const auto message = observer.next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->routing_key, "order.received");
    EXPECT_EQ(message->body, "{}");
    EXPECT_EQ(message->headers.at("cloudEvents_id"), "x");
    EXPECT_EQ(message->message_id, "m");
    EXPECT_EQ(message->delivery_mode, 2);
    EXPECT_FALSE(observer.next(50ms));
}

}  // namespace
}  // namespace delivery::tests
