#include <sys/resource.h>

#include "server_fixture.hpp"

namespace delivery::http {
namespace {

using std::chrono::milliseconds;
using tests::http_connection;

class limited : public tests::server_fixture {
protected:
    limited() { options.times.sweep = milliseconds(20); }

    static double seconds_for(auto work) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
};

TEST_F(limited, refuses_what_is_too_large_and_still_gets_the_answer_across) {
    start();
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
    EXPECT_EQ(refusal_of(head + "X: " + std::string(17'000, 'x') + "\r\n\r\n").status, 431);
    EXPECT_EQ(refusal_of("GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n").status, 414);
    EXPECT_EQ(refusal_of(head + "Content-Length: 65537\r\n\r\n").status, 413);
    // The whole body is sent although nobody reads it: the answer must not be lost to a reset.
    EXPECT_EQ(refusal_of(head + "Content-Length: 150000\r\n\r\n" + std::string(150'000, 'x')).status, 413);
    std::string chunks = head + "Transfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 70; ++i) chunks += "400\r\n" + std::string(1024, 'x') + "\r\n";
    EXPECT_EQ(refusal_of(chunks + "0\r\n\r\n").status, 413);
    EXPECT_EQ(handled, 0);

    http_connection client(port());
    EXPECT_EQ(client.request("POST", "/", std::string(65'536, 'x')).status, 200);
}

TEST_F(limited, tells_slow_clients_that_they_are_too_slow) {
    options.times.header = milliseconds(300);
    options.times.body = milliseconds(300);
    start();
    for (const auto* bytes : {"GET /", "GET / HTTP/1.1\r\nHost: a\r\n",
                              "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
                              "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
        const auto took = seconds_for([&] { EXPECT_EQ(refusal_of(bytes).status, 408) << bytes; });
        EXPECT_GE(took, 0.3) << bytes;
    }
}

TEST_F(limited, bounds_the_whole_header_and_not_the_pause_between_two_bytes) {
    options.times.header = milliseconds(400);
    start();
    http_connection client(port());
    std::atomic<bool> is_answered = false;
    const std::jthread dribble([&] {
        const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x');
        for (std::size_t i = 0; i < bytes.size() && !is_answered; ++i) {
            client.send(std::string_view(bytes).substr(i, 1));
            std::this_thread::sleep_for(milliseconds(20));
        }
    });
    const auto took = seconds_for([&] { EXPECT_EQ(client.read_answer().status, 408); });
    is_answered = true;
    EXPECT_GE(took, 0.4);
    EXPECT_LE(took, 4.0);
}

TEST_F(limited, closes_idle_connections_without_a_word) {
    options.times.idle = milliseconds(200);
    start();
    http_connection silent(port());
    EXPECT_TRUE(silent.is_closed_within(milliseconds(5000)));
    http_connection client(port());
    EXPECT_EQ(get(client, "/").status, 200);
    EXPECT_TRUE(client.is_closed_within(milliseconds(5000)));
    EXPECT_EQ(refused, 0);
}

TEST_F(limited, gives_handlers_their_time) {
    options.times = {.header = milliseconds(50),
                     .body = milliseconds(50),
                     .idle = milliseconds(50),
                     .write = milliseconds(50),
                     .sweep = milliseconds(5)};
    start();
    http_connection client(port());
    EXPECT_EQ(get(client, "/wait").status, 200);
}

TEST_F(limited, drops_clients_that_do_not_read) {
    options.times.write = milliseconds(200);
    start();
    http_connection client(port());
    for (int i = 0; i < 20; ++i) client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(tests::eventually(milliseconds(10'000), [&] { return server->connections() == 0; }));
}

TEST_F(limited, drops_clients_that_take_a_little_at_a_time_for_too_long) {
    options.times.answer = milliseconds(500);
    start();
    http_connection client(port());
    for (int i = 0; i < 20; ++i) client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THROW(
        for (;;) {
            static_cast<void>(client.read_exactly(32 * 1024));
            std::this_thread::sleep_for(milliseconds(20));
        },
        std::exception);
    EXPECT_TRUE(tests::eventually(milliseconds(5'000), [&] { return server->connections() == 0; }));
}

TEST_F(limited, bounds_what_clients_who_do_not_read_make_it_hold) {
    options.unsent = 20 << 20;
    start();
    http_connection quick(port());
    EXPECT_EQ(get(quick, "/").status, 200);
    {
        // There is room for the answer of one of them, whichever comes first.
        http_connection one(port());
        http_connection other(port());
        for (auto* client : {&one, &other}) client->send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_TRUE(tests::eventually(milliseconds(5'000),
                                      [&] { return handled == 3 && server->connections() == 2; }));
        EXPECT_EQ(get(quick, "/").status, 200);
        EXPECT_EQ(server->connections(), 2U);
    }
    EXPECT_TRUE(tests::eventually(milliseconds(5'000), [&] { return server->connections() == 1; }));
    EXPECT_EQ(get(quick, "/held").body.size(), 16U << 20);
}

TEST_F(limited, takes_an_empty_line_after_a_request_for_no_request) {
    options.times.header = milliseconds(200);
    start();
    http_connection client(port());
    EXPECT_EQ(client.request("POST", "/", "body").status, 200);
    client.send("\r\n");
    EXPECT_FALSE(client.is_closed_within(milliseconds(600)));
    EXPECT_EQ(get(client, "/").status, 200);
    EXPECT_EQ(refused, 0);
}

TEST_F(limited, counts_every_connection_that_it_turns_away_and_tells_of_them_once_in_a_while) {
    std::atomic<int> turned_away = 0;
    options.connections = 1;
    options.on_turned_away = [&] { ++turned_away; };
    start();
    http_connection client(port());
    EXPECT_EQ(get(client, "/").status, 200);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(http_connection(port()).read_answer().status, 503);
    EXPECT_EQ(turned_away, 20);
    EXPECT_EQ(logger.count("connections beyond the limit were turned away"), 1U);
}

TEST_F(limited, answers_503_beyond_its_connections_and_recovers) {
    options.connections = 3;
    start();
    {
        std::deque<http_connection> clients;
        for (int i = 0; i < 3; ++i) EXPECT_EQ(get(clients.emplace_back(port()), "/").status, 200);
        http_connection extra(port());
        const auto answer = extra.read_answer();
        EXPECT_EQ(answer.status, 503);
        EXPECT_EQ(answer.header("Retry-After"), "1");
        EXPECT_FALSE(answer.header("X-Request-Id").empty());
        EXPECT_TRUE(extra.is_closed_within(milliseconds(1000)));
        EXPECT_EQ(get(clients.front(), "/").status, 200);
    }
    EXPECT_TRUE(tests::eventually(milliseconds(5000), [&] { return server->connections() == 0; }));
    http_connection client(port());
    EXPECT_EQ(get(client, "/").status, 200);
}

/// Raises the limit of open descriptors as far as it goes, and puts it back.
class descriptor_limit {
public:
    explicit descriptor_limit(rlim_t wanted) {
        getrlimit(RLIMIT_NOFILE, &before_);
        auto now = before_;
        now.rlim_cur = std::min(wanted, before_.rlim_max);
        setrlimit(RLIMIT_NOFILE, &now);
        value_ = now.rlim_cur;
    }
    ~descriptor_limit() { setrlimit(RLIMIT_NOFILE, &before_); }
    descriptor_limit(const descriptor_limit&) = delete;
    descriptor_limit& operator=(const descriptor_limit&) = delete;

    [[nodiscard]] std::size_t value() const { return value_; }

private:
    rlimit before_{};
    std::size_t value_ = 0;
};

TEST_F(limited, serves_ten_thousand_connections_at_once) {
    // Both ends are in this process. Some systems' hard limit of 20,000 leaves room for a few fewer.
    const descriptor_limit descriptors(20'200);
    options.connections = descriptors.value() / 2 - 100;
    ASSERT_GE(options.connections, 9'000U) << "this system lets a process open too few files";
    start();
    std::deque<http_connection> clients;
    while (clients.size() < options.connections) clients.emplace_back(port());
    EXPECT_TRUE(
        tests::eventually(milliseconds(20'000), [&] { return server->connections() == clients.size(); }));
    for (auto& client : clients) client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    std::size_t good = 0;
    for (auto& client : clients) good += client.read_answer().status == 200 ? 1U : 0U;
    EXPECT_EQ(good, clients.size());
    EXPECT_EQ(http_connection(port()).read_answer().status, 503);
}

TEST_F(limited, goes_on_after_running_out_of_descriptors) {
    start();
    // UndefinedBehaviorSanitizer needs a descriptor of its own when it first sees a type's virtual functions
    // called.
    static_cast<ports::logger&>(logger).info("not short of descriptors yet");
    std::deque<http_connection> clients;
    EXPECT_EQ(get(clients.emplace_back(port()), "/").status, 200);
    // The client's end of the last connection takes the last descriptor, so that the server's end has none.
    clients.emplace_back(port());
    EXPECT_EQ(get(clients.back(), "/").status, 200);
    const int next = dup(0);
    close(next);
    {
        const descriptor_limit descriptors(static_cast<rlim_t>(next) + 1);
        clients.emplace_back(port());
        EXPECT_TRUE(tests::eventually(milliseconds(5000),
                                      [&] { return logger.count("cannot accept connections") > 0; }));
        EXPECT_EQ(get(clients.front(), "/").status, 200);
    }
    EXPECT_EQ(get(clients.back(), "/").status, 200);
}

}  // namespace
}  // namespace delivery::http
