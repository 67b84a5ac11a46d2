#include "support/openapi_contract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/algorithm/string/replace.hpp>

namespace delivery::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string order_path = "/orders/793491aa-5958-4c3f-b51d-d8abf83eef12";

const std::string order_body = R"({"id":"793491aa-5958-4c3f-b51d-d8abf83eef12","customer_name":"João Silva",)"
                               R"("address":"Rua A, 123","status":"RECEIVED",)"
                               R"("created_at":"2025-11-02T01:46:47.087816Z"})";

const std::string problem_body =
    R"({"type":"urn:delivery:problem:validation_error","title":"Validation failed",)"
    R"("status":422,"detail":"The order has 1 fault","instance":"/orders",)"
    R"("error":"validation_error","messages":["body.address: Field required"],)"
    R"("errors":[{"detail":"Field required","pointer":"#/address"}]})";

std::string problem(int status, const std::string& error, const std::string& title,
                    const std::string& detail) {
    return R"({"type":"urn:delivery:problem:)" + error + R"(","title":")" + title + R"(","status":)" +
           std::to_string(status) + R"(,"detail":")" + detail + R"(","instance":"/x","error":")" + error +
           "\"}";
}

http_exchange created() {
    return {
        .method = "POST",
        .target = "/orders",
        .status = 201,
        .headers = {{"Location", order_path}, {"X-Request-Id", "r-1"}, {"Content-Type", "application/json"}},
        .body = order_body};
}

http_exchange refused() {
    return {.method = "POST",
            .target = "/orders",
            .status = 422,
            .headers = {{"X-Request-Id", "r-1"}, {"Content-Type", "application/problem+json"}},
            .body = problem_body};
}

class openapi_contract_test : public ::testing::Test {
protected:
    std::vector<std::string> faults(const http_exchange& exchange) { return contract_.faults(exchange); }

    void expect_fault(http_exchange exchange, std::string_view from, std::string_view to,
                      const std::string& fault) {
        boost::replace_first(exchange.body, from, to);
        EXPECT_THAT(faults(exchange), Contains(HasSubstr(fault))) << exchange.body;
    }

    openapi_contract contract_ = openapi_contract::load();
};

TEST_F(openapi_contract_test, accepts_right_answers) {
    EXPECT_THAT(faults(created()), IsEmpty());
    EXPECT_THAT(faults(refused()), IsEmpty());
    auto slashed = created();
    slashed.target = "/orders/?x=1";
    slashed.headers[0].first = "location";
    slashed.headers[2].second = "Application/JSON; charset=utf-8";
    EXPECT_THAT(faults(slashed), IsEmpty());
}

TEST_F(openapi_contract_test, accepts_its_own_examples) {
    EXPECT_THAT(contract_.example_faults(), IsEmpty());
}

TEST_F(openapi_contract_test, refuses_wrong_examples) {
    const std::string contract = R"({"paths":{"/x":{"post":{
        "requestBody":{"content":{"application/json":{"schema":{"type":"integer"},"example":1}}},
        "responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/word"},
            "examples":{"short":{"value":"a"},"long":{"value":"abc"}}}}}}}}},
        "components":{"schemas":{"word":{"type":["string","null"],"maxLength":3}}}})";
    EXPECT_THAT(openapi_contract(contract).example_faults(), IsEmpty());
    const auto wrong_answer = boost::replace_first_copy(contract, "\"abc\"", "\"abcd\"");
    EXPECT_THAT(openapi_contract(wrong_answer).example_faults(), Contains(HasSubstr("POST /x 200 long")));
    const auto wrong_request = boost::replace_first_copy(contract, ":1}", ":\"1\"}");
    EXPECT_THAT(openapi_contract(wrong_request).example_faults(), Contains(HasSubstr("POST /x request")));
}

TEST_F(openapi_contract_test, refuses_wrong_bodies) {
    expect_fault(created(), "\"status\":\"RECEIVED\",", "", "status");
    expect_fault(created(), "RECEIVED", "DELIVERED", "body");
    expect_fault(created(), "RECEIVED", "LOST", "body");
    expect_fault(created(), "\"João Silva\"", "7", "customer_name");
    expect_fault(created(), "793491aa", "793491AA", "id");
    expect_fault(created(), ".087816Z", "Z", "created_at");
    expect_fault(created(), ".087816Z", ".087816+00:00", "created_at");
    expect_fault(created(), "{", R"({"version":1,)", ".version: not in the contract");
    expect_fault(created(), "}", "", "not JSON");
}

TEST_F(openapi_contract_test, refuses_wrong_problems) {
    expect_fault(refused(), "urn:delivery:problem:validation_error", "about:blank", "body");
    expect_fault(refused(), "Validation failed", "Unprocessable", "body");
    expect_fault(refused(), "\"status\":422", "\"status\":\"422\"", "body");
    expect_fault(refused(), "\"status\":422", "\"status\":400", "body");
    expect_fault(refused(), "body.address: Field", "address: Field", "body");
    expect_fault(refused(), "\"#/address\"", "\"/address\"", "body");
    expect_fault(refused(), "\"detail\":\"Field required\",", "", "body");
    expect_fault(refused(), "\"pointer\"", "\"line\":1,\"pointer\"", ".errors[].line: not in the contract");
    expect_fault(refused(), problem_body, problem(422, "idempotency_key_reused", "Validation failed", "d"),
                 "body");
}

TEST_F(openapi_contract_test, refuses_wrong_statuses_headers_and_media_types) {
    auto exchange = created();
    exchange.status = 202;
    EXPECT_THAT(faults(exchange), ElementsAre(HasSubstr("status 202 is not in the contract")));
    exchange = created();
    exchange.headers.erase(exchange.headers.begin());
    EXPECT_THAT(faults(exchange), ElementsAre(HasSubstr("header Location: missing")));
    exchange = created();
    exchange.headers[0].second = "http://localhost" + order_path;
    EXPECT_THAT(faults(exchange), Contains(HasSubstr("header Location")));
    exchange = created();
    exchange.headers[2].second = "text/json";
    EXPECT_THAT(faults(exchange), ElementsAre(HasSubstr("media type 'text/json'")));
    exchange = refused();
    exchange.headers[1].second = "application/json";
    EXPECT_THAT(faults(exchange), ElementsAre(HasSubstr("media type 'application/json'")));
}

TEST_F(openapi_contract_test, knows_null_from_a_string) {
    http_exchange page{.method = "GET",
                       .target = "/orders?limit=2",
                       .status = 200,
                       .headers = {{"X-Request-Id", "r-1"}, {"Content-Type", "application/json"}},
                       .body = R"({"data":[)" + order_body + R"(],"has_more":false,"next_cursor":null})"};
    EXPECT_THAT(faults(page), IsEmpty());
    expect_fault(page, "null", "7", "next_cursor");
    expect_fault(page, "null", "\"a+b\"", "next_cursor");
    expect_fault(page, "\"next_cursor\":null", "\"next\":null", "next_cursor");
    expect_fault(page, "\"id\"", "\"secret\":1,\"id\"", ".data[].secret: not in the contract");
    boost::replace_first(page.body, "null", "\"a-b_C9\"");
    EXPECT_THAT(faults(page), IsEmpty());
}

TEST_F(openapi_contract_test, allows_no_body_where_there_is_none) {
    const std::vector<std::pair<std::string, std::string>> headers{
        {"X-Request-Id", "r-1"}, {"Content-Type", "application/json"}, {"ETag", "\"1\""}};
    for (const auto& [method, status] :
         {std::pair{"HEAD", 200}, std::pair{"GET", 304}, std::pair{"HEAD", 304}}) {
        http_exchange exchange{
            .method = method, .target = order_path, .status = status, .headers = headers, .body = ""};
        EXPECT_THAT(faults(exchange), IsEmpty()) << method << status;
        exchange.body = order_body;
        EXPECT_THAT(faults(exchange), Contains(HasSubstr("there must be none"))) << method << status;
    }
    http_exchange untagged{.method = "GET", .target = order_path, .status = 304, .headers = {}, .body = ""};
    EXPECT_THAT(faults(untagged), Contains(HasSubstr("header ETag: missing")));
}

TEST_F(openapi_contract_test, holds_unmatched_requests_to_their_refusals) {
    http_exchange wrong_method{
        .method = "DELETE",
        .target = order_path,
        .status = 405,
        .headers = {{"Allow", "GET, HEAD, OPTIONS"},
                    {"X-Request-Id", "r-1"},
                    {"Content-Type", "application/problem+json"}},
        .body = problem(405, "method_not_allowed", "Method not allowed", "DELETE is not allowed here")};
    EXPECT_THAT(faults(wrong_method), IsEmpty());
    wrong_method.headers[0].first = "Allowed";
    EXPECT_THAT(faults(wrong_method), ElementsAre(HasSubstr("header Allow: missing")));
    wrong_method.status = 404;
    EXPECT_THAT(faults(wrong_method), ElementsAre(HasSubstr("status 404 is not in the contract")));

    http_exchange wrong_path{
        .method = "GET",
        .target = "/pedidos",
        .status = 404,
        .headers = {{"X-Request-Id", "r-1"}, {"Content-Type", "application/problem+json"}},
        .body = problem(404, "not_found", "Not found", "There is nothing at /pedidos")};
    EXPECT_THAT(faults(wrong_path), IsEmpty());
    wrong_path.target = order_path;
    EXPECT_THAT(faults(wrong_path), Contains(HasSubstr("body")));

    http_exchange options{.method = "OPTIONS",
                          .target = "/orders",
                          .status = 204,
                          .headers = {{"Allow", "GET, HEAD, POST, OPTIONS"}, {"X-Request-Id", "r-1"}},
                          .body = ""};
    EXPECT_THAT(faults(options), IsEmpty());
}

TEST_F(openapi_contract_test, understands_status_ranges) {
    http_exchange too_long{.method = "GET",
                           .target = "/livez",
                           .status = 414,
                           .headers = {{"X-Request-Id", "r-1"}, {"Content-Type", "application/problem+json"}},
                           .body = problem(414, "uri_too_long", "URI too long", "d")};
    EXPECT_THAT(faults(too_long), IsEmpty());
    too_long.body = problem(404, "order_not_found", "Order not found", "d");
    EXPECT_THAT(faults(too_long), Contains(HasSubstr("body")));
}

TEST_F(openapi_contract_test, lists_every_operation) {
    std::vector<std::string> listed;
    for (const auto& operation : contract_.operations()) {
        listed.push_back(operation.method + ' ' + operation.path);
        EXPECT_THAT(operation.statuses, Contains("500")) << operation.path;
    }
    EXPECT_THAT(listed, ElementsAre("POST /orders", "GET /orders", "GET /orders/{order_id}",
                                    "GET /orders/{order_id}/events", "GET /livez", "GET /readyz",
                                    "GET /metrics", "GET /", "GET /docs", "GET /docs/{asset}",
                                    "GET /openapi.json", "GET /openapi.yaml"));
}

}  // namespace
}  // namespace delivery::tests
