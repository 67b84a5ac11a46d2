#include <algorithm>

#include "http_fixture.hpp"

namespace delivery::tests {
namespace {

std::vector<std::string> messages_of(const http_answer& answer) {
    std::vector<std::string> messages;
    const auto problem = answer.json().as_object();
    if (const auto* found = problem.if_contains("messages")) {
        for (const auto& message : found->as_array()) messages.emplace_back(message.as_string());
    }
    return messages;
}

class http_bodies : public http_fixture {};

TEST_F(http_bodies, text_comes_back_exactly_as_it_was_sent) { expect_texts_to_come_back(client_); }

TEST_F(http_bodies, what_else_is_an_order) {
    for (const auto& [body, headers] : std::vector<std::pair<std::string, http_headers>>{
             {order_body("a", repeated("y", 500)), {}},
             {R"({"address":"b","customer_name":"a","unknown":{"x":[1,2]},"status":"DELIVERED","id":7})", {}},
             {" \n\t" + order_body("a") + "\n", {}},
             {order_body("a"), {{"Content-Type", "application/json"}}},
             {order_body("a"), {{"Content-Type", "application/json; charset=utf-8"}}},
             {order_body("a"), {{"Content-Type", "APPLICATION/JSON"}}},
             {order_body("a"), {{"Content-Type", "application/vnd.order+json"}}}}) {
        const auto answer = client_.request("POST", "/orders", body, headers);
        EXPECT_EQ(answer.status, 201) << body << answer.body;
        EXPECT_EQ(text_at(answer.json(), "status"), "RECEIVED");
    }
}

struct refused_body {
    std::string body;
    std::vector<std::string> about;  // What each message must begin with, in sequence.
};

TEST_F(http_bodies, an_invalid_order_is_422_with_all_its_faults) {
    const std::vector<refused_body> bodies{
        {"", {"body: Field required"}},
        {"{}", {"body.customer_name: Field required", "body.address: Field required"}},
        {R"({"customer_name":"a"})", {"body.address: Field required"}},
        {R"({"address":"a"})", {"body.customer_name: Field required"}},
        {R"({"customer_name":null,"address":"a"})", {"body.customer_name: "}},
        {R"({"customer_name":1,"address":true})", {"body.customer_name: ", "body.address: "}},
        {R"({"customer_name":["a"],"address":{"a":1}})", {"body.customer_name: ", "body.address: "}},
        {order_body(""), {"body.customer_name: "}},
        {order_body("   "), {"body.customer_name: "}},
        {order_body("\\u3000\\u00a0\\u2003\\t"), {"body.customer_name: "}},
        {order_body("a", "\\n"), {"body.address: "}},
        {order_body(repeated("x", 201)), {"body.customer_name: "}},
        {order_body(repeated("😀", 201), repeated("ã", 501)), {"body.customer_name: ", "body.address: "}},
        {order_body("nul \\u0000"), {"body.customer_name: "}},
        {order_body("lone \\ud83d"), {"body.customer_name: "}},
        {order_body("lone \\ude00 low"), {"body.customer_name: "}},
        {order_body("\\ude00\\ud83d"), {"body.customer_name: "}},
        {"[]", {"body: "}},
        {"null", {"body: "}},
        {"\"text\"", {"body: "}},
        {"12", {"body: "}},
    };
    for (const auto& refused : bodies) {
        const auto answer = client_.request("POST", "/orders", refused.body);
        EXPECT_EQ(answer.status, 422) << refused.body;
        ASSERT_EQ(answer.header("Content-Type").substr(0, 24), "application/problem+json") << answer.body;
        EXPECT_EQ(text_at(answer.json(), "error"), "validation_error");
        const auto messages = messages_of(answer);
        ASSERT_EQ(messages.size(), refused.about.size()) << refused.body << answer.body;
        for (std::size_t index = 0; index < messages.size(); ++index) {
            EXPECT_TRUE(messages[index].starts_with(refused.about[index])) << messages[index];
        }
    }
}

TEST_F(http_bodies, what_is_not_json_is_400) {
    const std::vector<std::string> bodies{
        "{",
        "not json",
        "{'a':1}",
        "   ",
        "nan",
        R"({"customer_name":"a","address":"b"} trailing)",
        R"({"customer_name":"a","address":"b",})",
        order_body("a") + order_body("b"),
        order_body("\x01"),
        order_body("a\nb"),
        order_body("\xff"),
        order_body("\xc0\x80"),
        order_body("\xed\xa0\x80"),
        order_body("\\x41"),
        order_body("\\u12"),
        "\xef\xbb\xbf" + order_body("a"),
        std::string("\0\0", 2),
        repeated("[", 5000),
        repeated("{\"a\":", 3000),
    };
    for (const auto& body : bodies) {
        const auto answer = client_.request("POST", "/orders", body);
        EXPECT_EQ(answer.status, 400) << body.substr(0, 80);
        EXPECT_EQ(text_at(answer.json(), "error"), "bad_request");
    }
}

TEST_F(http_bodies, deep_nesting_is_no_danger) {
    const auto deep =
        R"({"customer_name":"a","address":"b","x":)" + repeated("[", 20'000) + repeated("]", 20'000) + "}";
    const auto answer = client_.request("POST", "/orders", deep);
    EXPECT_TRUE(answer.status == 400 || answer.status == 422 || answer.status == 201) << answer.body;
}

TEST_F(http_bodies, other_media_types_are_415) {
    for (const auto* type : {"text/plain", "application/xml", "application/x-www-form-urlencoded",
                             "multipart/form-data", "application/jsonx", "json"}) {
        const auto answer = client_.request("POST", "/orders", order_body("a"), {{"Content-Type", type}});
        EXPECT_EQ(answer.status, 415) << type;
        EXPECT_EQ(text_at(answer.json(), "error"), "unsupported_media_type");
    }
    EXPECT_EQ(client_.request("POST", "/orders", order_body("a"), {{"Content-Encoding", "gzip"}}).status,
              415);
}

TEST_F(http_bodies, limits_hold_and_just_within_them_is_fine) {
    const auto padded = [](std::size_t size) {
        auto body = order_body("a");
        return body + std::string(size - body.size(), ' ');
    };
    EXPECT_EQ(client_.request("POST", "/orders", padded(64 * 1024)).status, 201);
    const auto large = client_.request("POST", "/orders", padded(64 * 1024 + 1));
    EXPECT_EQ(large.status, 413);
    EXPECT_EQ(text_at(large.json(), "error"), "content_too_large");

    const auto target = client_.request("GET", "/orders?cursor=" + std::string(9000, 'a'));
    EXPECT_EQ(target.status, 414);
    EXPECT_EQ(text_at(target.json(), "error"), "uri_too_long");

    const auto headers = client_.request("GET", "/orders", "", {{"X-Long", std::string(20'000, 'a')}});
    EXPECT_EQ(headers.status, 431);
    EXPECT_EQ(text_at(headers.json(), "error"), "request_header_fields_too_large");
    EXPECT_EQ(client_.request("GET", "/orders", "", {{"X-Long", std::string(15'000, 'a')}}).status, 200);
}

}  // namespace
}  // namespace delivery::tests
