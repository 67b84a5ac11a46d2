#pragma once

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <deque>
#include <memory>
#include <thread>

#include "http/problem.hpp"
#include "http/server.hpp"
#include "support/eventually.hpp"
#include "support/fakes.hpp"
#include "support/http_client.hpp"

namespace delivery::tests {

/// A server on two reactors whose handler says what it was asked. `/wait` answers after 300 ms,
/// `/big` with 4 MiB, `/held` with 16 MiB of memory of its own, `/reactor` with the reactor's name.
class server_fixture : public testing::Test {
protected:
    using milliseconds = std::chrono::milliseconds;

    ~server_fixture() override { stop(); }

    /// Called once, by each test, after it has changed the options.
    void start(std::size_t reactors = 2) {
        std::vector<http::endpoint> endpoints;
        for (std::size_t i = 0; i < reactors; ++i) {
            auto& context = contexts_.emplace_back(1);
            endpoints.push_back({.where = context.get_executor(),
                                 .handle = [this](http::request& request) { return handle(request); },
                                 .refuse =
                                     [this](http::request& request, const http::refusal& refusal) {
                                         ++refused;
                                         return to_response({.kind = refusal.kind, .detail = refusal.detail},
                                                            request);
                                     }});
        }
        server = http::listen(options, std::move(endpoints), logger);
        for (auto& context : contexts_) threads_.emplace_back([&context] { context.run(); });
    }

    /// Drains, and answers whether all ended in time.
    bool drain(milliseconds limit) {
        auto done = boost::asio::co_spawn(client_context_, server->drain(limit), boost::asio::use_future);
        client_context_.restart();
        client_context_.run();
        return done.get();
    }

    void stop() {
        if (!server) return;
        EXPECT_TRUE(drain(milliseconds(2000)));
        server.reset();
        // Nothing keeps the contexts busy after a drain: they come to their end by themselves.
        threads_.clear();
    }

    [[nodiscard]] int port() const { return server->port(); }

    static http_answer get(http_connection& client, std::string_view target) {
        return client.request("GET", target);
    }

    /// How the server answers bytes on a connection of their own, and that it closes it afterwards.
    http_answer refusal_of(std::string_view bytes) {
        http_connection client(port());
        client.send(bytes);
        auto answer = client.read_answer();
        EXPECT_EQ(answer.header("Connection"), "close") << bytes.substr(0, 200);
        EXPECT_TRUE(client.is_closed_within(milliseconds(1000))) << bytes.substr(0, 200);
        return answer;
    }

    http::server_options options{.host = "127.0.0.1", .port = 0};
    recording_logger logger;
    std::unique_ptr<http::server> server;
    std::atomic<int> handled = 0;
    std::atomic<int> refused = 0;

private:
    awaitable<http::response> handle(http::request& request) {
        if (request.path() == "/wait") {
            boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, milliseconds(300));
            co_await timer.async_wait(boost::asio::use_awaitable);
        }
        ++handled;
        http::response answer;
        answer.content_type = "text/plain";
        answer.body = request.method + " " + request.target + " " + request.body;
        if (request.path() == "/reactor") {
            answer.body = std::to_string(std::hash<std::thread::id>()(std::this_thread::get_id()));
        }
        if (request.path() == "/big") answer.static_body = big_;
        if (request.path() == "/held") answer.body = std::string(16 << 20, 'h');
        co_return answer;
    }

    const std::string big_ = std::string(4 << 20, 'b');
    std::deque<boost::asio::io_context> contexts_;
    boost::asio::io_context client_context_;
    std::deque<std::jthread> threads_;
};

}  // namespace delivery::tests
