#include "http/framing.hpp"

#include <gtest/gtest.h>

#include "http_fakes.hpp"

namespace delivery::http {
namespace {

using tests::header_pairs;

struct framing_case {
    std::string_view name;
    header_pairs headers;
    unsigned version = 11;
    bool is_refused = true;
};

class framing : public testing::TestWithParam<framing_case> {};

TEST_P(framing, is_refused_where_it_is_ambiguous) {
    const auto& [name, headers, version, is_refused] = GetParam();
    header_list list;
    for (const auto& [field, value] : headers) list.add(field, value);
    EXPECT_EQ(find_framing_fault(list, version).has_value(), is_refused)
        << find_framing_fault(list, version).value_or("");
}

const framing_case framing_cases[] = {
    {"no_body", {{"Host", "a"}}, 11, false},
    {"a_length", {{"Host", "a"}, {"Content-Length", "5"}}, 11, false},
    {"chunked", {{"Host", "a"}, {"Transfer-Encoding", "chunked"}}, 11, false},
    {"chunked_in_capitals", {{"host", "a"}, {"transfer-encoding", "CHUNKED"}}, 11, false},
    {"http_1_0_without_host", {}, 10, false},
    {"http_1_0_with_an_empty_host", {{"Host", ""}}, 10, false},
    {"an_empty_host", {{"Host", ""}}, 11, false},
    {"host_with_port", {{"Host", "orders.example.com:8000"}}, 11, false},
    {"address_of_six", {{"Host", "[2001:db8::1]:80"}}, 11, false},
    {"name_with_underscore", {{"Host", "my_api"}}, 11, false},
    {"host_with_space", {{"Host", "a b"}}},
    {"host_with_user", {{"Host", "user@a"}}},
    {"host_with_path", {{"Host", "a/b"}}},
    {"list_of_hosts", {{"Host", "a, b"}}},
    {"no_host", {}},
    {"two_hosts", {{"Host", "a"}, {"host", "a"}}},
    {"two_hosts_in_http_1_0", {{"Host", "a"}, {"Host", "b"}}, 10},
    {"gzip_then_length", {{"Host", "a"}, {"Transfer-Encoding", "gzip"}, {"Content-Length", "5"}}},
    {"length_then_chunked", {{"Host", "a"}, {"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}},
    {"chunked_then_length", {{"Host", "a"}, {"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}},
    {"gzip", {{"Host", "a"}, {"Transfer-Encoding", "gzip"}}},
    {"gzip_and_chunked", {{"Host", "a"}, {"Transfer-Encoding", "gzip, chunked"}}},
    {"identity", {{"Host", "a"}, {"Transfer-Encoding", "identity"}}},
    {"xchunked", {{"Host", "a"}, {"Transfer-Encoding", "xchunked"}}},
    {"chunked_then_identity", {{"Host", "a"}, {"Transfer-Encoding", "chunked, identity"}}},
    {"chunked_with_parameter", {{"Host", "a"}, {"Transfer-Encoding", "chunked;q=1"}}},
    {"empty_encoding", {{"Host", "a"}, {"Transfer-Encoding", ""}}},
    {"two_encodings", {{"Host", "a"}, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}},
    {"chunked_in_http_1_0", {{"Host", "a"}, {"Transfer-Encoding", "chunked"}}, 10},
    {"list_of_lengths", {{"Host", "a"}, {"Content-Length", "4,4"}}},
    {"repeated_length", {{"Host", "a"}, {"Content-Length", "4"}, {"Content-Length", "4"}}},
    {"signed_length", {{"Host", "a"}, {"Content-Length", "+4"}}},
    {"negative_length", {{"Host", "a"}, {"Content-Length", "-4"}}},
    {"hexadecimal_length", {{"Host", "a"}, {"Content-Length", "0x4"}}},
    {"empty_length", {{"Host", "a"}, {"Content-Length", ""}}},
};

INSTANTIATE_TEST_SUITE_P(all, framing, testing::ValuesIn(framing_cases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(header_scanner, finds_the_end_however_the_bytes_arrive) {
    const std::string_view block = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto bytes = std::string(block) + "the next request";
    header_scanner scanner;
    for (std::size_t size = 0; size < block.size(); ++size) {
        ASSERT_EQ(scanner.scan(std::string_view(bytes).substr(0, size)), header_scanner::state::incomplete)
            << size;
    }
    EXPECT_EQ(scanner.scan(bytes), header_scanner::state::complete);
    EXPECT_EQ(scanner.size(), block.size());
    EXPECT_EQ(scanner.first_line_size(), 16U);
}

TEST(header_scanner, refuses_bare_line_feeds_and_folded_lines) {
    using enum header_scanner::state;
    EXPECT_EQ(header_scanner().scan("GET / HTTP/1.1\nHost: a\r\n\r\n"), bare_line_feed);
    EXPECT_EQ(header_scanner().scan("GET / HTTP/1.1\r\nHost: a\n\r\n"), bare_line_feed);
    EXPECT_EQ(header_scanner().scan("\n"), bare_line_feed);
    EXPECT_EQ(header_scanner().scan("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n"), folded);
    EXPECT_EQ(header_scanner().scan("GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n"), folded);
    EXPECT_EQ(header_scanner().scan("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), folded);
}

}  // namespace
}  // namespace delivery::http
