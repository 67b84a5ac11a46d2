#include "http/message.hpp"

#include <gtest/gtest.h>

#include "http/percent.hpp"
#include "http/read_buffer.hpp"
#include "http/response_text.hpp"

namespace delivery::http {
namespace {

TEST(header_list, finds_in_any_case_and_counts) {
    header_list headers;
    headers.add("Host", "a");
    headers.add("Accept", "x");
    headers.add("accept", "y");
    EXPECT_EQ(headers.find("HOST"), "a");
    EXPECT_EQ(headers.find("Accept"), "x");
    EXPECT_EQ(headers.count("ACCEPT"), 2U);
    EXPECT_FALSE(headers.find("Hos"));
    headers.clear();
    EXPECT_EQ(headers.size(), 0U);
}

TEST(response, keeps_its_fields_and_refuses_injected_ones) {
    response answer;
    answer.add("Location", "/orders/1");
    answer.add("X-Evil", "a\r\nSet-Cookie: b");
    answer.add("X-Good", "b");
    EXPECT_EQ(answer.find("location"), "/orders/1");
    EXPECT_EQ(answer.find("x-good"), "b");
    EXPECT_FALSE(answer.find("X-Evil"));
    EXPECT_EQ(answer.fields.find("Set-Cookie"), std::string::npos);
}

TEST(response_text, writes_a_head) {
    response answer;
    answer.status = 201;
    answer.content_type = "application/json";
    answer.body = "{}";
    answer.add("Location", "/orders/1");
    std::string out;
    append_head(out, answer, connection_end::close);
    EXPECT_TRUE(out.starts_with("HTTP/1.1 201 Created\r\nDate: ")) << out;
    EXPECT_TRUE(
        out.ends_with(" GMT\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
                      "Content-Length: 2\r\nLocation: /orders/1\r\nConnection: close\r\n\r\n"))
        << out;
}

TEST(response_text, gives_no_length_where_there_can_be_no_body) {
    for (const unsigned status : {204U, 304U}) {
        response answer;
        answer.status = status;
        std::string out;
        append_head(out, answer, connection_end::keep);
        EXPECT_EQ(out.find("Content-"), std::string::npos) << out;
        EXPECT_EQ(out.find("Connection"), std::string::npos) << out;
    }
}

TEST(percent, decodes_and_refuses_what_is_cut_short) {
    EXPECT_EQ(percent_decode("a%20b%C3%a3+"), "a b\xc3\xa3+");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    for (const auto* text : {"%", "%2", "a%zz", "%%20", "% 20"}) EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(percent, makes_any_path_harmless) {
    EXPECT_EQ(sanitize_path("/orders/a%20b"), "/orders/a%20b");
    EXPECT_EQ(sanitize_path("/\"<\\>\xc3\xa3%zz"), "/%22%3C%5C%3E%C3%A3%25zz");
}

TEST(read_buffer, grows_as_far_as_its_maximum) {
    read_buffer buffer(5000);
    std::size_t total = 0;
    for (;;) {
        const auto room = buffer.prepare();
        if (room.empty()) break;
        std::ranges::fill(room, 'x');
        buffer.commit(room.size());
        total += room.size();
    }
    EXPECT_EQ(total, 5000U);
    EXPECT_EQ(buffer.data(), std::string(5000, 'x'));
    buffer.consume(4999);
    EXPECT_EQ(buffer.prepare().size(), 4999U);
    EXPECT_EQ(buffer.data(), "x");
}

}  // namespace
}  // namespace delivery::http
