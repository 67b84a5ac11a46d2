#include "http/order_routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "core/trace_context.hpp"
#include "http/cursor.hpp"
#include "http_fakes.hpp"

namespace delivery::http {
namespace {

namespace json = boost::json;
using tests::make_order;
using tests::make_request;

constexpr std::string_view good_body = R"({"customer_name":"João Silva","address":"Rua Exemplo, 123"})";
const std::string id = make_order().id.to_string();

class orders : public testing::Test {
protected:
    response post(std::string_view body, const tests::header_pairs& headers = {}) {
        return tests::answer_of(routes, make_request("POST", "/orders", body, headers));
    }
    response get(std::string_view target, const tests::header_pairs& headers = {}) {
        return tests::answer_of(routes, make_request("GET", target, {}, headers));
    }
    static void expect_problem(const response& answer, unsigned status, std::string_view error) {
        EXPECT_EQ(answer.status, status) << answer.body;
        EXPECT_EQ(answer.content_type, "application/problem+json");
        EXPECT_EQ(json::parse(answer.body).at("error").as_string(), error);
        EXPECT_EQ(json::parse(answer.body).at("status").as_int64(), status);
    }

    tests::fake_order_service service;
    router routes{order_routes(service)};
};

TEST_F(orders, are_created) {
    auto request = make_request("POST", "/orders", good_body);
    request.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const auto answer = tests::answer_of(routes, request);
    EXPECT_EQ(answer.status, 201U);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(answer.find("Location"), "/orders/" + id);
    EXPECT_FALSE(answer.find("Idempotent-Replayed"));
    EXPECT_EQ(answer.order_id, make_order().id);
    EXPECT_EQ(json::parse(answer.body).at("status").as_string(), "RECEIVED");
    ASSERT_EQ(service.drafts.size(), 1U);
    EXPECT_EQ(service.drafts[0].customer_name, "João Silva");
    EXPECT_EQ(service.drafts[0].address, "Rua Exemplo, 123");
    EXPECT_EQ(service.drafts[0].traceparent, request.traceparent);
    EXPECT_FALSE(service.drafts[0].idempotency);
}

TEST_F(orders, are_replayed_for_the_same_key_and_refused_for_another_body) {
    service.created->outcome = ports::create_outcome::replayed;
    const auto again = post(good_body, {{"Idempotency-Key", "k"}});
    EXPECT_EQ(again.status, 201U);
    EXPECT_EQ(again.find("Idempotent-Replayed"), "true");
    EXPECT_EQ(service.drafts.at(0).idempotency->key, "k");

    service.created->outcome = ports::create_outcome::key_reused;
    expect_problem(post(good_body, {{"Idempotency-Key", "k"}}), 422, "idempotency_key_reused");
    expect_problem(post(good_body, {{"Idempotency-Key", ""}}), 400, "bad_request");
}

TEST_F(orders, are_refused_before_the_service_is_asked) {
    expect_problem(post(good_body, {{"Content-Type", "text/plain"}}), 415, "unsupported_media_type");
    expect_problem(post("", {{"Content-Type", "text/plain"}}), 415, "unsupported_media_type");
    expect_problem(post(good_body, {{"Content-Encoding", "gzip"}}), 415, "unsupported_media_type");
    expect_problem(
        post(good_body, {{"Content-Type", "application/json"}, {"Content-Type", "application/json"}}), 415,
        "unsupported_media_type");
    expect_problem(post("{"), 400, "bad_request");
    expect_problem(post(""), 422, "validation_error");
    expect_problem(post("{}"), 422, "validation_error");
    EXPECT_TRUE(service.drafts.empty());
    EXPECT_EQ(post(good_body, {{"Content-Type", ""}}).status, 201U);
    EXPECT_EQ(post(good_body, {{"Content-Type", "application/json; charset=UTF-8"}}).status, 201U);
}

TEST_F(orders, are_not_taken_from_pages_of_other_sites_behind_their_readers_backs) {
    for (const auto& header : {"Origin", "Sec-Fetch-Site"}) {
        expect_problem(post(good_body, {{header, "null"}}), 415, "unsupported_media_type");
        expect_problem(post(good_body, {{header, "null"}, {"Content-Type", "text/plain"}}), 415,
                       "unsupported_media_type");
        EXPECT_EQ(post(good_body, {{header, "null"}, {"Content-Type", "application/json"}}).status, 201U);
    }
    EXPECT_EQ(post(good_body).status, 201U) << "no browser, no type: JSON";
    EXPECT_FALSE(post(good_body).find("Access-Control-Allow-Origin"));
}

TEST_F(orders, faults_are_told_to_old_and_new_clients) {
    const auto answer = json::parse(post(R"({"address":7})").body);
    EXPECT_EQ(answer, json::parse(R"({
        "type": "urn:delivery:problem:validation_error", "title": "Validation failed", "status": 422,
        "detail": "The order has 2 faults", "instance": "/orders", "error": "validation_error",
        "messages": ["body.customer_name: Field required", "body.address: Input should be a valid string"],
        "errors": [{"detail": "Field required", "pointer": "#/customer_name"},
                   {"detail": "Input should be a valid string", "pointer": "#/address"}]})"));
    const auto empty = json::parse(post("").body);
    EXPECT_EQ(empty.at("messages"), json::array({"body: Field required"}));
    EXPECT_EQ(empty.at("errors"), json::parse(R"([{"detail": "Field required", "pointer": "#"}])"));
}

TEST_F(orders, are_unavailable_with_all_that_is_known) {
    service.created = std::unexpected(core::unavailable{});
    const auto plain = post(good_body);
    expect_problem(plain, 503, "unavailable");
    EXPECT_EQ(plain.find("Retry-After"), "1");
    EXPECT_FALSE(json::parse(plain.body).as_object().contains("outcome"));

    service.created = std::unexpected(core::unavailable{.unknown_order = make_order().id});
    const auto unknown = json::parse(post(good_body).body);
    EXPECT_EQ(unknown.at("outcome").as_string(), "unknown");
    EXPECT_EQ(unknown.at("order_id").as_string(), id);
    EXPECT_EQ(unknown.at("detail").as_string(), "The order may have been stored");

    const auto behind_a_key = json::parse(post(good_body, {{"Idempotency-Key", "k"}}).body);
    EXPECT_EQ(behind_a_key.at("outcome").as_string(), "unknown");
    EXPECT_EQ(behind_a_key.at("order_id").as_string(), id);
    EXPECT_EQ(behind_a_key.at("detail").as_string(),
              "The order may have been stored: send the request again with the same Idempotency-Key");

    service.found = std::unexpected(core::unavailable{});
    service.events = std::unexpected(core::unavailable{});
    service.listed = std::unexpected(core::unavailable{});
    for (const auto& target : {"/orders/" + id, "/orders/" + id + "/events", std::string("/orders")}) {
        expect_problem(get(target), 503, "unavailable");
    }
}

TEST_F(orders, are_found_with_an_etag) {
    service.found = make_order(2);
    const auto answer = get("/orders/" + id);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.find("ETag"), "\"2\"");
    EXPECT_EQ(json::parse(answer.body).at("status").as_string(), "IN_TRANSIT");

    const auto same = get("/orders/" + id, {{"If-None-Match", "W/\"2\""}});
    EXPECT_EQ(same.status, 304U);
    EXPECT_EQ(same.find("ETag"), "\"2\"");
    EXPECT_EQ(same.content(), "");
    EXPECT_EQ(get("/orders/" + id, {{"If-None-Match", "\"1\""}}).status, 200U);
}

TEST_F(orders, may_be_kept_by_nobody_on_the_way) {
    service.events.value() = {tests::make_event()};
    service.listed = std::vector{make_order()};
    for (const auto& target : {"/orders/" + id, "/orders/" + id + "/events", std::string("/orders")}) {
        EXPECT_EQ(get(target).find("Cache-Control"), "private, no-cache") << target;
    }
    const auto same = get("/orders/" + id, {{"If-None-Match", "\"1\""}});
    EXPECT_EQ(same.status, 304U);
    EXPECT_EQ(same.find("Cache-Control"), "private, no-cache");
}

TEST_F(orders, that_do_not_exist_are_named_as_they_were_asked_for) {
    service.found = std::nullopt;
    const std::string upper = "019A4711-8C3E-7D52-B1F0-5A9C04E6D3B7";
    for (const auto& target : {"/orders/" + upper, "/orders/" + upper + "/events"}) {
        const auto answer = get(target);
        expect_problem(answer, 404, "order_not_found");
        EXPECT_EQ(json::parse(answer.body).at("detail").as_string(), "Order " + upper + " not found");
        EXPECT_EQ(json::parse(answer.body).at("instance").as_string(), target);
    }
    EXPECT_EQ(service.asked, (std::vector{make_order().id, make_order().id}));
}

TEST_F(orders, ids_that_are_malformed_are_refused) {
    for (const auto* bad : {"123", "019a4711-8c3e-7d52-b1f0-5a9c04e6d3b",
                            "019a4711-8c3e-7d52-b1f0-5a9c04e6d3bg", "019a47118c3e7d52b1f05a9c04e6d3b7",
                            "%7B019a4711-8c3e-7d52-b1f0-5a9c04e6d3b7%7D", "a%2Fb", "%00", "%c3%a3%22"}) {
        for (const auto* more : {"", "/events"}) {
            const auto answer = get("/orders/" + std::string(bad) + more);
            expect_problem(answer, 422, "validation_error");
            EXPECT_EQ(json::parse(answer.body).at("messages"),
                      json::array({"path.order_id: Invalid UUID format"}));
        }
    }
    EXPECT_TRUE(service.asked.empty());
}

TEST_F(orders, have_a_history) {
    service.events = std::vector{tests::make_event(), tests::make_event()};
    const auto answer = get("/orders/" + id + "/events/");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(json::parse(answer.body).as_array().size(), 2U);
}

TEST_F(orders, are_listed_page_by_page) {
    service.listed = std::vector{make_order(), make_order(), make_order()};
    const auto first = get("/orders?limit=2&status=RECEIVED");
    ASSERT_EQ(service.pages.size(), 1U);
    EXPECT_EQ(service.pages[0].limit, 3U);
    const auto page = json::parse(first.body);
    EXPECT_EQ(page.at("data").as_array().size(), 2U);
    EXPECT_TRUE(page.at("has_more").as_bool());
    const std::string cursor(page.at("next_cursor").as_string());
    EXPECT_EQ(decode_cursor(cursor)->id, make_order().id);
    EXPECT_EQ(first.find("Link"), "</orders?status=RECEIVED&limit=2&cursor=" + cursor + ">; rel=\"next\"");

    service.listed->pop_back();
    const auto last = get("/orders?limit=2&status=RECEIVED&cursor=" + cursor);
    EXPECT_TRUE(service.pages.at(1).after);
    EXPECT_EQ(json::parse(last.body).at("next_cursor"), nullptr);
    EXPECT_FALSE(json::parse(last.body).at("has_more").as_bool());
    EXPECT_FALSE(last.find("Link"));

    service.listed->clear();
    EXPECT_EQ(get("/orders").body, R"({"data":[],"has_more":false,"next_cursor":null})");
    expect_problem(get("/orders?cursor=forged"), 400, "bad_request");
}

TEST_F(orders, that_are_large_make_shorter_pages) {
    auto large = make_order();
    large.address = std::string(60'000, ' ') + "Rua Exemplo, 123";
    service.listed = std::vector(51, large);
    const auto answer = get("/orders?limit=50");
    EXPECT_LT(answer.body.size(), 350'000U);
    const auto page = json::parse(answer.body);
    EXPECT_EQ(page.at("data").as_array().size(), 5U);
    EXPECT_TRUE(page.at("has_more").as_bool());
    EXPECT_TRUE(answer.find("Link"));

    service.listed->resize(5);
    EXPECT_FALSE(json::parse(get("/orders?limit=50").body).at("has_more").as_bool());
}

}  // namespace
}  // namespace delivery::http
