#include "server_fixture.hpp"

namespace delivery::http {
namespace {

using std::chrono::milliseconds;
using tests::http_connection;

class draining : public tests::server_fixture {
protected:
    draining() { options.times.sweep = milliseconds(20); }
};

TEST_F(draining, ends_idle_connections_and_finishes_busy_ones) {
    start();
    http_connection silent(port());
    http_connection idle(port());
    EXPECT_EQ(get(idle, "/").status, 200);
    http_connection busy(port());
    busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    http_connection half(port());
    half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nha");
    EXPECT_TRUE(tests::eventually(milliseconds(5000), [&] { return server->connections() == 4; }));

    std::jthread late([&] {
        std::this_thread::sleep_for(milliseconds(100));
        half.send("lf");
        const auto answer = half.read_answer();
        EXPECT_EQ(answer.body, "POST / half");
        EXPECT_EQ(answer.header("Connection"), "close");
        EXPECT_TRUE(half.is_closed_within(milliseconds(5000)));
    });
    std::jthread waiting([&] {
        const auto answer = busy.read_answer();
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("Connection"), "close");
        EXPECT_TRUE(busy.is_closed_within(milliseconds(5000)));
    });
    std::jthread quiet([&] {
        EXPECT_TRUE(idle.is_closed_within(milliseconds(5000)));
        EXPECT_TRUE(silent.is_closed_within(milliseconds(5000)));
    });
    EXPECT_TRUE(drain(milliseconds(10'000)));
    EXPECT_EQ(server->connections(), 0U);
}

TEST_F(draining, answers_the_request_that_was_on_its_way) {
    start();
    http_connection client(port());
    EXPECT_EQ(get(client, "/").status, 200);
    std::jthread late([&] {
        std::this_thread::sleep_for(milliseconds(100));
        const auto answer = client.request("GET", "/late");
        EXPECT_EQ(answer.body, "GET /late ");
        EXPECT_EQ(answer.header("Connection"), "close");
        EXPECT_TRUE(client.is_closed_within(milliseconds(5000)));
    });
    EXPECT_TRUE(drain(milliseconds(10'000)));
}

TEST_F(draining, sends_clients_away_before_it_and_still_serves_new_ones) {
    start();
    http_connection kept(port());
    EXPECT_EQ(get(kept, "/").header("Connection"), "");
    server->send_away();
    const auto last = get(kept, "/");
    EXPECT_EQ(last.status, 200);
    EXPECT_EQ(last.header("Connection"), "close");
    EXPECT_TRUE(kept.is_closed_within(milliseconds(5000)));
    http_connection late(port());
    const auto answer = get(late, "/");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(drain(milliseconds(10'000)));
}

TEST_F(draining, refuses_new_connections) {
    start();
    const auto taken = port();
    EXPECT_TRUE(drain(milliseconds(10'000)));
    EXPECT_THROW(http_connection{taken}, std::runtime_error);
}

TEST_F(draining, cuts_off_what_is_late) {
    start();
    http_connection slow(port());
    slow.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nha");
    EXPECT_TRUE(tests::eventually(milliseconds(5000), [&] { return server->connections() == 1; }));
    EXPECT_TRUE(drain(milliseconds(50)));
    EXPECT_TRUE(slow.is_closed_within(milliseconds(1000)));
}

TEST_F(draining, loses_no_answer_under_load) {
    start();
    std::atomic<int> answered = 0;
    std::atomic<int> lost = 0;
    std::deque<std::jthread> clients;
    for (int i = 0; i < 16; ++i) {
        clients.emplace_back([&] {
            http_connection client(port());
            for (bool is_open = true; is_open;) {
                try {
                    is_open = client.request("POST", "/", "x").header("Connection") != "close";
                    ++answered;
                } catch (const std::runtime_error&) {
                    ++lost;
                    return;
                }
            }
        });
    }
    EXPECT_TRUE(tests::eventually(milliseconds(10'000), [&] { return answered > 1000; }));
    EXPECT_TRUE(drain(milliseconds(10'000)));
    clients.clear();
    EXPECT_EQ(lost, 0);
    EXPECT_EQ(handled, answered);
}

}  // namespace
}  // namespace delivery::http
