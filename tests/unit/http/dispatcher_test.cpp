#include "http/dispatcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "core/trace_context.hpp"
#include "http/order_routes.hpp"
#include "http_fakes.hpp"
#include "support/fake_clock.hpp"
#include "support/fakes.hpp"

namespace delivery::http {
namespace {

using testing::ElementsAre;
using tests::make_order;
using tests::make_request;

const std::string id = make_order().id.to_string();

class dispatching : public testing::Test {
protected:
    response handle(request sent) {
        boost::asio::io_context context;
        received = std::move(sent);
        return tests::run_coroutine(context, dispatcher_.handle(received));
    }

    tests::fake_order_service service;
    tests::fake_clock clock;
    tests::recording_logger logger;
    tests::recording_http_metrics metrics;
    dispatcher dispatcher_{router(order_routes(service)), clock, logger, metrics};
    request received;
};

TEST_F(dispatching, echoes_sane_request_ids_and_makes_others) {
    EXPECT_EQ(
        handle(make_request("GET", "/orders", "", {{"x-request-id", "check-1.A_b"}})).find("X-Request-Id"),
        "check-1.A_b");
    for (const auto& bad : {std::string(), std::string("a b"), std::string("a\"b"), std::string("ã"),
                            std::string(129, 'x'), std::string("a\nb")}) {
        const auto answer = handle(make_request("GET", "/nothing", "", {{"X-Request-Id", bad}}));
        EXPECT_TRUE(domain::uuid::parse(*answer.find("X-Request-Id"))) << bad;
    }
    EXPECT_EQ(handle(make_request("GET", "/orders")).find("X-Request-Id"), received.request_id);
}

TEST_F(dispatching, continues_a_well_formed_trace_and_begins_another_otherwise) {
    const std::string sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    handle(make_request("GET", "/orders", "", {{"traceparent", sent}}));
    EXPECT_EQ(core::trace_id_of(received.traceparent), core::trace_id_of(sent));
    EXPECT_NE(received.traceparent, sent);
    EXPECT_TRUE(received.traceparent.ends_with("-00"));

    handle(make_request("GET", "/orders", "", {{"traceparent", "nonsense"}}));
    EXPECT_FALSE(core::trace_id_of(received.traceparent).empty());
    handle(make_request("GET", "/orders", "", {{"traceparent", sent}, {"traceparent", sent}}));
    EXPECT_FALSE(core::trace_id_of(received.traceparent).empty());
    EXPECT_NE(core::trace_id_of(received.traceparent), core::trace_id_of(sent));
}

TEST_F(dispatching, logs_one_line_a_request_without_what_clients_wrote) {
    handle(make_request("GET", "/orders/" + id, "", {{"X-Request-Id", "r1"}}));
    handle(make_request("BREW", "/coffee\"%0a", "", {{"X-Request-Id", "r2"}}));
    const auto lines = logger.lines();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].message, "request");
    EXPECT_EQ(lines[0].level, ports::log_level::info);
    EXPECT_EQ(lines[0].fields.at("request_id"), "r1");
    EXPECT_EQ(lines[0].fields.at("trace_id").size(), 32U);
    EXPECT_EQ(lines[0].fields.at("method"), "GET");
    EXPECT_EQ(lines[0].fields.at("route"), "/orders/{order_id}");
    EXPECT_EQ(lines[0].fields.at("status"), "200");
    EXPECT_EQ(lines[0].fields.at("order_id"), id);
    EXPECT_TRUE(lines[0].fields.contains("duration_ms"));
    EXPECT_EQ(lines[1].fields.at("route"), "unmatched");
    EXPECT_EQ(lines[1].fields.at("method"), "other");
    EXPECT_FALSE(lines[1].fields.contains("order_id"));
}

TEST_F(dispatching, counts_by_template) {
    handle(make_request("GET", "/orders/" + id));
    handle(make_request("HEAD", "/orders/"));
    handle(make_request("BREW", "/orders"));
    handle(make_request("GET", "/nothing"));
    request broken;
    dispatcher_.refuse(broken, {problem_kind::request_timeout, "late"});
    EXPECT_EQ(metrics.started, 5);
    EXPECT_THAT(metrics.finished,
                ElementsAre("GET /orders/{order_id} 200", "HEAD /orders 200", "other /orders 405",
                            "GET unmatched 404", "other unmatched 408"));
}

TEST_F(dispatching, turns_a_bug_into_500_without_inner_details) {
    service.throws = true;
    const auto answer = handle(make_request("GET", "/orders/" + id));
    EXPECT_EQ(answer.status, 500U);
    const auto body = boost::json::parse(answer.body);
    EXPECT_EQ(body.at("error").as_string(), "internal_server_error");
    EXPECT_EQ(body.at("request_id").as_string(), *answer.find("X-Request-Id"));
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
    const auto lines = logger.lines();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].level, ports::log_level::error);
    EXPECT_EQ(lines[0].fields.at("error"), "a secret of the store");
    EXPECT_EQ(lines[0].fields.at("request_id"), *answer.find("X-Request-Id"));
    EXPECT_THAT(metrics.finished, ElementsAre("GET /orders/{order_id} 500"));
}

TEST_F(dispatching, refuses_with_the_problem_of_the_refusal) {
    auto broken = make_request("GET", "/orders", "", {{"X-Request-Id", "r1"}});
    const auto answer = dispatcher_.refuse(broken, {problem_kind::content_too_large, "too much"});
    EXPECT_EQ(answer.status, 413U);
    EXPECT_EQ(answer.find("X-Request-Id"), "r1");
    EXPECT_EQ(boost::json::parse(answer.body).at("detail").as_string(), "too much");
}

}  // namespace
}  // namespace delivery::http
