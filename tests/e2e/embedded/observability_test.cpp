#include <gmock/gmock.h>

#include <algorithm>

#include "../orders.hpp"
#include "http_fixture.hpp"
#include "support/eventually.hpp"
#include "support/metrics_text.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class observability : public testing::Test {
protected:
    [[nodiscard]] std::string metrics() { return http_request(service_.port(), "GET", "/metrics").body; }

    temp_folder folder_;
    service service_{folder_.path(),
                     {"run"},
                     {{"PICKING_DURATION", "10ms"}, {"TRANSIT_DURATION", "10ms"}, {"LOG_LEVEL", "debug"}}};
};

TEST_F(observability, metrics_are_those_of_the_golden_list_and_move) {
    const auto id = post_order(service_.port());
    ASSERT_TRUE(await_status(service_.port(), id, "DELIVERED"));
    http_request(service_.port(), "GET", "/nothing/" + id);
    EXPECT_TRUE(
        eventually(5s, [&] { return metric_sum(metrics(), "delivery_outbox_published_total") == 3; }));
    const auto text = metrics();

    EXPECT_THAT(parse_families(text), testing::ContainerEq(golden_families({"api", "relay", "worker"})));
    EXPECT_EQ(metric_sum(text, "delivery_orders_created_total"), 1);
    EXPECT_EQ(metric_sum(text, "delivery_order_transitions_total"), 2);
    EXPECT_EQ(metric_sum(text, "delivery_outbox_pending"), 0);
    EXPECT_GT(metric_sum(text, "delivery_worker_messages_total"), 0);
    EXPECT_GT(metric_sum(text, "delivery_worker_lag_seconds_count"), 0);
    EXPECT_GT(metric_sum(text, "delivery_store_batch_size_count"), 0);
    EXPECT_EQ(text.find(id), std::string::npos) << "an id is no label";
    EXPECT_EQ(text.find("/nothing"), std::string::npos) << "a path as sent is no label";
}

TEST_F(observability, no_client_can_make_series_without_end) {
    const auto series = [this] {
        const auto text = metrics();
        return std::ranges::count(text, '\n');
    };
    const int port = service_.port();
    const auto send = [port](int number) {
        const auto word = "X" + std::to_string(number);
        http_connection client(port);
        client.send(word + " /orders/" + word + "?" + word + "=1 HTTP/1.1\r\nHost: " + word +
                    "\r\nX-Request-Id: " + word + "\r\nUser-Agent: " + word + "\r\n\r\n");
        EXPECT_EQ(client.read_answer().status, 405);
        for (const auto* method : {"GET", "PUT", "DELETE"})
            http_request(port, method, "/" + word + "/events");
        http_request(port, "GET", "/docs/" + word);
        http_request(port, "GET", "/orders/" + word + "/events");
    };
    series();  // Its own route is counted from here.
    for (int number = 0; number < 5; ++number) send(number);
    const auto few = series();
    for (int number = 5; number < 200; ++number) send(number);
    EXPECT_EQ(series(), few);
    EXPECT_EQ(metrics().find("X1"), std::string::npos);
}

TEST_F(observability, every_kind_of_store_call_is_timed) {
    const int port = service_.port();
    const auto id = post_order(port);
    ASSERT_TRUE(await_status(port, id, "DELIVERED"));
    for (const auto& target : {"/readyz"s, "/orders"s, "/orders/" + id + "/events"}) {
        EXPECT_EQ(http_request(port, "GET", target).status, 200);
    }
    const auto is_timed = [this](const std::string& operation) {
        const auto text = metrics();
        const auto name = "delivery_store_duration_seconds_count{operation=\"" + operation + "\"} ";
        const auto at = text.find(name);
        return at != std::string::npos && text.at(at + name.size()) != '0';
    };
    for (const auto* operation : {"create", "find", "history", "list", "take_steps", "take_due_timers",
                                  "pending", "settle", "renew_leases", "depth", "ping"}) {
        EXPECT_TRUE(eventually(5s, [&] { return is_timed(operation); })) << operation;
    }
}

TEST_F(observability, log_lines_are_json_whatever_a_client_sends) {
    const int port = service_.port();
    const std::string evil = "\"}\\n{\\\"level\\\":\\\"error\\\" %s {} \\u0007";
    http_request(port, "POST", "/orders",
                 order_body("\\\"},{\\n" + std::string("Secret Person"), "Secret Street"));
    http_request(port, "GET", "/orders?cursor=\"}%0a{\"level\":\"error\"}");
    http_request(port, "GET", "/%0d%0a%22%7d?x={}%n\\");
    http_request(port, "GET", "/livez", "",
                 {{"X-Request-Id", evil}, {"traceparent", evil}, {"User-Agent", evil}});
    http_request(port, "POST", "/orders", "\xff\xfe{\"\n");
    ASSERT_EQ(service_.terminate(), (exit_status{.code = 0, .signal = 0}));

    const auto lines = service_.log_lines();
    EXPECT_GT(lines.size(), 5U);
    for (const auto& line : lines) {
        for (const auto* field : {"timestamp", "level", "logger", "message", "service", "role"}) {
            EXPECT_TRUE(line.contains(field)) << boost::json::serialize(line);
        }
    }
    EXPECT_EQ(service_.log().find("Secret"), std::string::npos) << "a log names no customer and no address";
}

TEST_F(observability, a_request_is_one_line_and_its_trace_goes_on_to_the_steps) {
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const auto answer =
        http_request(service_.port(), "POST", "/orders", order_body("traced"),
                     {{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}, {"X-Request-Id", "req-1"}});
    const auto id = text_at(answer.json(), "id");
    ASSERT_TRUE(await_status(service_.port(), id, "DELIVERED"));
    service_.terminate();

    int requests = 0;
    int steps = 0;
    for (const auto& line : service_.log_lines()) {
        const boost::json::value value(line);
        if (line.contains("request_id") && text_at(value, "request_id") == "req-1") {
            ++requests;
            EXPECT_EQ(text_at(value, "trace_id"), trace);
            EXPECT_EQ(text_at(value, "method"), "POST");
            EXPECT_EQ(text_at(value, "route"), "/orders");
            EXPECT_EQ(line.at("status").to_number<int>(), 201);
            EXPECT_TRUE(line.contains("duration_ms"));
        } else if (line.contains("order_id") && text_at(value, "order_id") == id &&
                   line.contains("trace_id")) {
            steps += text_at(value, "trace_id") == trace ? 1 : 0;
        }
    }
    EXPECT_EQ(requests, 1);
    EXPECT_GE(steps, 2) << service_.log();
}

TEST(readable_logs, are_text_for_people) {
    const temp_folder folder;
    const auto port = free_port();
    service delivery(folder.path(), {"run"},
                     {{"ENABLE_STRUCTURED_LOGS", "false"}, {"APP_PORT", std::to_string(port)}});
    ASSERT_TRUE(eventually(10s, [&] { return try_http_request(port, "GET", "/livez").has_value(); }));
    EXPECT_NE(delivery.log(), "");
    EXPECT_NE(delivery.log().front(), '{');
}

}  // namespace
}  // namespace delivery::tests
