#include <algorithm>
#include <set>
#include <thread>

#include "../orders.hpp"
#include "http_fixture.hpp"
#include "support/eventually.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

class http_requests : public http_fixture {};

TEST_F(http_requests, malformed_ids_are_422) {
    for (const auto* id :
         {"1", "abc", "019a4711-8c3e-7d52-b1f0-5a9c04e6d3b", "019a4711-8c3e-7d52-b1f0-5a9c04e6d3b77",
          "019a47118c3e7d52b1f05a9c04e6d3b7", "{019a4711-8c3e-7d52-b1f0-5a9c04e6d3b7}",
          "019a4711-8c3e-7d52-b1f0-5a9c04e6d3bg", "%00", "..", "%27%20OR%201=1"}) {
        for (const auto& target : {std::string("/orders/") + id, std::string("/orders/") + id + "/events"}) {
            const auto answer = client_.request("GET", target);
            EXPECT_EQ(answer.status, 422) << target << answer.body;
            if (answer.status != 422) continue;
            EXPECT_EQ(text_at(answer.json(), "error"), "validation_error");
            EXPECT_EQ(answer.json().at("messages").as_array().at(0).as_string(),
                      "path.order_id: Invalid UUID format");
        }
    }
}

TEST_F(http_requests, unknown_orders_are_404_and_named_as_asked) {
    for (const std::string id :
         {"00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF"}) {
        for (const auto& target : {"/orders/" + id, "/orders/" + id + "/events"}) {
            const auto answer = client_.request("GET", target);
            EXPECT_EQ(answer.status, 404);
            EXPECT_EQ(text_at(answer.json(), "error"), "order_not_found");
            EXPECT_EQ(text_at(answer.json(), "detail"), "Order " + id + " not found");
        }
    }
}

TEST_F(http_requests, an_id_is_found_in_either_case_and_with_a_trailing_slash) {
    const auto id = post_order(port());
    auto upper = id;
    std::ranges::transform(upper, upper.begin(), [](unsigned char letter) { return std::toupper(letter); });
    for (const auto& target : {"/orders/" + upper, "/orders/" + id + "/", "/orders/" + upper + "/?x=1"}) {
        const auto answer = client_.request("GET", target);
        EXPECT_EQ(answer.status, 200) << target;
        EXPECT_EQ(text_at(answer.json(), "id"), id);
    }
    EXPECT_EQ(client_.request("GET", "/orders/" + id + "/events/").status, 200);
    EXPECT_EQ(client_.request("POST", "/orders/", order_body("a")).status, 201);
}

TEST_F(http_requests, methods_and_paths_that_do_not_exist) {
    for (const auto& [method, target] : std::vector<std::pair<std::string, std::string>>{
             {"DELETE", "/orders"},
             {"PUT", "/orders"},
             {"POST", "/livez"},
             {"PATCH", "/metrics"},
             {"POST", "/orders/019a4711-8c3e-7d52-b1f0-5a9c04e6d3b7"}}) {
        const auto answer = client_.request(method, target, method == "POST" ? "{}" : "");
        EXPECT_EQ(answer.status, 405) << method << target;
        EXPECT_NE(answer.header("Allow").find("GET"), std::string::npos);
        EXPECT_EQ(text_at(answer.json(), "error"), "method_not_allowed");
    }
    for (const auto* target : {"/nothing", "/order", "/orders/x/y/z", "/orders//events/x", "/livez/x"}) {
        const auto answer = client_.request("GET", target);
        EXPECT_TRUE(answer.status == 404 || answer.status == 422) << target;
    }
    EXPECT_EQ(text_at(client_.request("GET", "/nothing").json(), "error"), "not_found");
}

TEST_F(http_requests, head_and_options_are_every_resource_s) {
    const auto id = post_order(port());
    // From then on it stands still, and both answers are about the same.
    ASSERT_TRUE(await_status(port(), id, "IN_TRANSIT"));
    for (const auto& target : {std::string("/orders?limit=1"), "/orders/" + id, "/orders/" + id + "/events",
                               std::string("/livez"), std::string("/readyz"), std::string("/openapi.json")}) {
        const auto got = client_.request("GET", target);
        const auto head = client_.request("HEAD", target);
        EXPECT_EQ(head.status, got.status) << target;
        EXPECT_EQ(head.header("Content-Type"), got.header("Content-Type")) << target;
        EXPECT_EQ(head.header("Content-Length"), got.header("Content-Length")) << target;
        const auto options = client_.request("OPTIONS", target);
        EXPECT_EQ(options.status, 204) << target;
        EXPECT_NE(options.header("Allow").find("HEAD"), std::string::npos) << options.header("Allow");
    }
}

TEST_F(http_requests, an_etag_changes_with_the_status) {
    const auto id = post_order(port());
    const auto first = client_.request("GET", "/orders/" + id);
    const auto tag = first.header("ETag");
    ASSERT_NE(tag, "");
    const auto again = client_.request("GET", "/orders/" + id, "", {{"If-None-Match", tag}});
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(client_.request("GET", "/orders/" + id, "", {{"If-None-Match", "\"other\", " + tag}}).status,
              304);
    EXPECT_EQ(client_.request("GET", "/orders/" + id, "", {{"If-None-Match", "*"}}).status, 304);
    ASSERT_TRUE(await_status(port(), id, "IN_TRANSIT"));
    const auto moved = client_.request("GET", "/orders/" + id, "", {{"If-None-Match", tag}});
    EXPECT_EQ(moved.status, 200);
    EXPECT_NE(moved.header("ETag"), tag);
}

TEST_F(http_requests, a_request_id_is_echoed_if_sane_and_made_if_not) {
    EXPECT_EQ(client_.request("GET", "/livez", "", {{"X-Request-Id", "abc-123"}}).header("X-Request-Id"),
              "abc-123");
    for (const auto& insane : {std::string(5000, 'x'), std::string("a b\"{}"), std::string("\xff")}) {
        const auto made =
            client_.request("GET", "/livez", "", {{"X-Request-Id", insane}}).header("X-Request-Id");
        EXPECT_NE(made, "");
        EXPECT_NE(made, insane);
    }
}

TEST_F(http_requests, the_root_leads_to_the_docs_which_load_nothing_from_elsewhere) {
    const auto root = http_request(port(), "GET", "/");
    EXPECT_TRUE(root.status >= 301 && root.status <= 308) << root.status;
    EXPECT_EQ(root.header("Location"), "/docs");
    const auto docs = http_request(port(), "GET", "/docs");
    EXPECT_EQ(docs.status, 200);
    EXPECT_EQ(docs.body.find("https://"), std::string::npos);
    EXPECT_EQ(http_request(port(), "GET", "/openapi.json").json().at("openapi").as_string(), "3.1.0");
    EXPECT_NE(http_request(port(), "GET", "/openapi.yaml").body.find("openapi: 3.1.0"), std::string::npos);
}

TEST_F(http_requests, every_path_of_the_contract_is_served) {
    const auto id = post_order(port());
    const auto fill = [](std::string& path, const std::string& parameter, const std::string& value) {
        if (const auto at = path.find(parameter); at != std::string::npos)
            path.replace(at, parameter.size(), value);
    };
    for (const auto& operation : openapi_contract::load().operations()) {
        auto target = operation.path;
        fill(target, "{order_id}", id);
        fill(target, "{asset}", "init.js");
        const auto answer =
            client_.request(operation.method, target, operation.method == "POST" ? order_body("a") : "");
        EXPECT_LT(answer.status, 400) << operation.method << " " << target;
    }
}

TEST_F(http_requests, health_says_what_it_checked) {
    EXPECT_EQ(client_.request("GET", "/livez").status, 200);
    const auto ready = client_.request("GET", "/readyz");
    EXPECT_EQ(ready.status, 200);
    EXPECT_NO_THROW(static_cast<void>(ready.json()));
}

TEST_F(http_requests, connections_are_kept_and_requests_pipelined) {
    http_connection connection(port());
    for (int count = 0; count < 100; ++count) EXPECT_EQ(connection.request("GET", "/livez").status, 200);
    const std::string one = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    connection.send(one + one + "POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 42\r\n\r\n" +
                    order_body("abcd") + one);
    EXPECT_EQ(connection.read_answer().status, 200);
    EXPECT_EQ(connection.read_answer().status, 200);
    EXPECT_EQ(connection.read_answer().status, 201);
    EXPECT_EQ(connection.read_answer().status, 200);
}

TEST_F(http_requests, expect_100_continue_and_chunked_bodies) {
    http_connection connection(port());
    connection.send("POST /orders HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 42\r\n\r\n");
    EXPECT_EQ(connection.read_answer().status, 100);
    connection.send(order_body("abcd"));
    EXPECT_EQ(connection.read_answer().status, 201);

    connection.send("POST /orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char letter : order_body("chunked")) connection.send(std::string("1\r\n") + letter + "\r\n");
    connection.send("0\r\n\r\n");
    EXPECT_EQ(connection.read_answer().status, 201);
}

TEST_F(http_requests, http_1_0_is_answered_and_closed) {
    http_connection connection(port());
    connection.send("GET /livez HTTP/1.0\r\n\r\n");
    EXPECT_EQ(connection.read_answer().status, 200);
    EXPECT_TRUE(connection.is_closed_within(2s));
}

}  // namespace
}  // namespace delivery::tests
