// Holds the routes, and their answers, to the OpenAPI contract.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/admin_routes.hpp"
#include "http/dispatcher.hpp"
#include "http/docs_routes.hpp"
#include "http/order_routes.hpp"
#include "http_fakes.hpp"
#include "support/fake_clock.hpp"
#include "support/fakes.hpp"
#include "support/openapi_contract.hpp"

namespace delivery::http {
namespace {

using tests::make_order;
using tests::make_request;

class healthy final : public health_source {
public:
    awaitable<std::vector<health_check>> check() override {
        co_return std::vector<health_check>{{.name = "store"},
                                            {.name = "bus", .state = health::degraded, .detail = "x"}};
    }
};

class contract : public testing::Test {
protected:
    contract() {
        auto routes = order_routes(service);
        const auto append = [&](std::vector<route> more) {
            routes.insert(routes.end(), more.begin(), more.end());
        };
        append(admin_routes(health_, [] { return std::string("x 1\n"); }, context.get_executor()));
        append(docs_routes());
        dispatcher_.emplace(router(std::move(routes)), clock, logger, metrics);
    }

    void expect_kept(request sent, unsigned status) {
        const auto answer = tests::run_coroutine(context, dispatcher_->handle(sent));
        EXPECT_EQ(answer.status, status) << sent.method << " " << sent.target << "\n" << answer.body;
        tests::http_exchange exchange;
        exchange.method = sent.method;
        exchange.target = sent.target;
        exchange.status = static_cast<int>(answer.status);
        std::string_view lines = answer.fields;
        while (!lines.empty()) {
            const auto line = lines.substr(0, lines.find("\r\n"));
            lines.remove_prefix(line.size() + 2);
            exchange.headers.emplace_back(line.substr(0, line.find(':')), line.substr(line.find(": ") + 2));
        }
        exchange.headers.emplace_back("Content-Type", answer.content_type);
        exchange.body = sent.is_head() ? "" : answer.content();
        EXPECT_THAT(contract_.faults(exchange), testing::IsEmpty())
            << sent.method << " " << sent.target << "\n"
            << answer.body.substr(0, 1000);
    }

    boost::asio::io_context context;
    tests::fake_order_service service;
    healthy health_;
    tests::fake_clock clock;
    tests::null_logger logger;
    tests::null_http_metrics metrics;
    std::optional<dispatcher> dispatcher_;
    tests::openapi_contract contract_ = tests::openapi_contract::load();
};

TEST_F(contract, has_the_same_routes_as_the_server) {
    std::vector<std::string> expected;
    for (const auto& operation : contract_.operations())
        expected.push_back(operation.method + " " + operation.path);
    std::vector<std::string> actual;
    for (const auto& route : dispatcher_->routes().routes()) {
        actual.push_back(std::string(route.method) + " " + std::string(route.path));
    }
    EXPECT_THAT(actual, testing::UnorderedElementsAreArray(expected));
}

TEST_F(contract, is_kept_by_good_answers) {
    const std::string order = "/orders/" + make_order().id.to_string();
    const std::string_view body = R"({"customer_name":"a","address":"b"})";
    service.events = std::vector{tests::make_event()};
    service.listed = std::vector(2, make_order());
    expect_kept(make_request("POST", "/orders", body), 201);
    expect_kept(make_request("GET", order), 200);
    expect_kept(make_request("HEAD", order), 200);
    expect_kept(make_request("GET", order, "", {{"If-None-Match", "\"1\""}}), 304);
    expect_kept(make_request("GET", order + "/events"), 200);
    expect_kept(make_request("GET", "/orders/?limit=1"), 200);
    expect_kept(make_request("GET", "/orders"), 200);
    expect_kept(make_request("OPTIONS", "/orders"), 204);
    for (const auto* path :
         {"/livez", "/readyz", "/metrics", "/docs", "/docs/", "/docs/init.js", "/docs/swagger-ui.css",
          "/docs/swagger-ui-bundle.js", "/openapi.json", "/openapi.yaml"}) {
        expect_kept(make_request("GET", path), 200);
    }
    expect_kept(make_request("GET", "/openapi.json", "", {{"If-None-Match", "*"}}), 304);
    expect_kept(make_request("GET", "/"), 302);
}

TEST_F(contract, is_kept_by_errors) {
    const std::string order = "/orders/" + make_order().id.to_string();
    const std::string_view body = R"({"customer_name":"a","address":"b"})";
    expect_kept(make_request("POST", "/orders"), 422);
    expect_kept(make_request("POST", "/orders", "{}"), 422);
    expect_kept(make_request("POST", "/orders", "{"), 400);
    expect_kept(make_request("POST", "/orders", body, {{"Content-Type", "text/csv"}}), 415);
    expect_kept(make_request("GET", "/orders/123"), 422);
    expect_kept(make_request("GET", "/orders?limit=0"), 400);
    expect_kept(make_request("GET", "/nothing/\"here"), 404);
    expect_kept(make_request("GET", "/docs/nothing"), 404);
    expect_kept(make_request("DELETE", "/orders"), 405);
    service.created->outcome = ports::create_outcome::key_reused;
    expect_kept(make_request("POST", "/orders", body), 422);
    service.created = std::unexpected(core::unavailable{});
    expect_kept(make_request("POST", "/orders", body), 503);
    service.created = std::unexpected(core::unavailable{.unknown_order = make_order().id});
    expect_kept(make_request("POST", "/orders", body), 503);
    expect_kept(make_request("POST", "/orders", body, {{"Idempotency-Key", "k"}}), 503);
    service.found = std::nullopt;
    service.events = std::nullopt;
    expect_kept(make_request("GET", order), 404);
    expect_kept(make_request("GET", order + "/events"), 404);
    service.throws = true;
    expect_kept(make_request("GET", order), 500);
}

}  // namespace
}  // namespace delivery::http
