#include "http/incoming_request.hpp"

#include <gtest/gtest.h>

namespace delivery::http {
namespace {

/// Feeds bytes as a connection does: what was not taken comes again with more behind it.
class incoming : public testing::Test {
protected:
    void feed(std::string_view bytes, std::size_t piece = 1 << 20) {
        while (!bytes.empty() && !reader.is_complete() && !reader.fault()) {
            unread.append(bytes.substr(0, piece));
            bytes.remove_prefix(std::min(piece, bytes.size()));
            unread.erase(0, reader.feed(unread));
        }
        unread.append(bytes);
    }
    void expect_refused(std::string_view bytes, problem_kind kind) {
        for (const std::size_t piece : {std::size_t{1} << 20, std::size_t{1000}}) {
            unread.clear();
            reader.reset();
            feed(bytes, piece);
            ASSERT_TRUE(reader.fault()) << bytes.substr(0, 100);
            EXPECT_EQ(to_string(reader.fault()->kind), to_string(kind)) << reader.fault()->detail;
            EXPECT_FALSE(reader.is_complete());
        }
    }

    request_limits limits;
    request read;
    incoming_request reader{read, limits};
    std::string unread;
};

TEST_F(incoming, reads_a_request_however_it_is_cut) {
    const std::string_view bytes =
        "POST /orders?a=b HTTP/1.1\r\nHost: a\r\nX-Thing:  some value \r\nContent-Length: 5\r\n\r\nhello";
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 20U, 1000U}) {
        reader.reset();
        feed(bytes, piece);
        ASSERT_TRUE(reader.is_complete()) << piece;
        EXPECT_EQ(read.method, "POST");
        EXPECT_EQ(read.path(), "/orders");
        EXPECT_EQ(read.query(), "a=b");
        EXPECT_EQ(read.headers.find("x-thing"), "some value");
        EXPECT_EQ(read.headers.size(), 3U);
        EXPECT_EQ(read.body, "hello");
        EXPECT_TRUE(reader.keeps_alive());
    }
}

TEST_F(incoming, reads_a_last_chunk_however_it_is_cut) {
    for (const std::string_view head : {"", "1\r\na\r\n", "1\r\na\r\n2;x\r\nbc\r\n"}) {
        for (const std::string_view end : {"0\r\n\r\n", "0;x\r\n\r\n", "00\r\nA: b\r\n\r\n"}) {
            const auto body = std::string(head).append(end);
            for (std::size_t first = 1; first < body.size(); ++first) {
                reader.reset();
                unread.clear();
                feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
                feed(body.substr(0, first));
                feed(body.substr(first), 1);
                EXPECT_TRUE(reader.is_complete()) << body << " cut at " << first;
            }
        }
    }
}

TEST_F(incoming, reads_chunks_and_ignores_extensions_and_trailers) {
    const std::string_view bytes =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5;name=value\r\nhello\r\n6\r\n world\r\n0\r\nX-Request-Id: forged\r\n\r\n";
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 20U, 1000U}) {
        reader.reset();
        feed(bytes, piece);
        ASSERT_TRUE(reader.is_complete()) << piece;
        EXPECT_EQ(read.body, "hello world");
        EXPECT_FALSE(read.headers.find("X-Request-Id"));
    }
}

TEST_F(incoming, takes_nothing_of_the_next_request) {
    const std::string_view first = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string_view second = "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    feed(std::string(first) + std::string(second));
    ASSERT_TRUE(reader.is_complete());
    EXPECT_EQ(read.target, "/a");
    EXPECT_EQ(unread, second);
    reader.reset();
    const auto rest = std::exchange(unread, {});
    feed(rest);
    ASSERT_TRUE(reader.is_complete());
    EXPECT_EQ(read.target, "/b");
    EXPECT_EQ(read.body, "hi");
    EXPECT_TRUE(unread.empty());
}

TEST_F(incoming, ignores_empty_lines_before_a_request) {
    feed("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1);
    EXPECT_TRUE(reader.is_complete());
}

TEST_F(incoming, knows_whether_the_connection_stays_open) {
    const std::pair<std::string_view, bool> cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
    };
    for (const auto& [bytes, expected] : cases) {
        reader.reset();
        feed(bytes);
        ASSERT_TRUE(reader.is_complete()) << bytes;
        EXPECT_EQ(reader.keeps_alive(), expected) << bytes;
    }
}

TEST_F(incoming, understands_every_form_of_target) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"GET http://host:80/orders?x=1", "/orders?x=1"},
        {"GET HTTPS://host", "/"},
        {"GET http://host?x", "/?x"},
        {"OPTIONS *", "*"},
    };
    for (const auto& [line, target] : cases) {
        reader.reset();
        feed(std::string(line) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        ASSERT_TRUE(reader.is_complete()) << line;
        EXPECT_EQ(read.target, target);
    }
    expect_refused("GET * HTTP/1.1\r\nHost: a\r\n\r\n", problem_kind::bad_request);
    expect_refused("CONNECT host:80 HTTP/1.1\r\nHost: a\r\n\r\n", problem_kind::bad_request);
    expect_refused("GET orders HTTP/1.1\r\nHost: a\r\n\r\n", problem_kind::bad_request);
}

TEST_F(incoming, refuses_what_is_malformed_or_ambiguous) {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
    for (const std::string& bytes : {
             std::string("nonsense\r\n\r\n"),
             std::string("GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\n\r\n"),
             std::string("GET / HTTP/1.1\nHost: a\n\n"),
             head + "X: a\r\n folded\r\n\r\n",
             head + "X : space before colon\r\n\r\n",
             head + "X: nul" + std::string(1, '\0') + "\r\n\r\n",
             head + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
             head + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
             head + "Content-Length: 4,4\r\n\r\nabcd",
             head + "Content-Length: +4\r\n\r\nabcd",
             head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             head + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
             head + "Transfer-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
             head + "Transfer-Encoding: identity\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
             head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
             head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
             head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
             head + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(20'000, 'x'),
             head + "Transfer-Encoding: chunked\r\n\r\n2;a=\"\nx\"\r\n10\r\n0\r\n\r\n",
             head + "Transfer-Encoding: chunked\r\n\r\n2;a=\"\r\n\"\r\n10\r\n0\r\n\r\n",
         }) {
        expect_refused(bytes, problem_kind::bad_request);
    }
}

TEST_F(incoming, refuses_what_is_too_large) {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
    expect_refused(head + "X: " + std::string(17'000, 'x') + "\r\n\r\n",
                   problem_kind::request_header_fields_too_large);
    expect_refused(head + "X: " + std::string(17'000, 'x'), problem_kind::request_header_fields_too_large);
    expect_refused("GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n",
                   problem_kind::uri_too_long);
    expect_refused("GET /" + std::string(17'000, 'x'), problem_kind::uri_too_long);
    expect_refused(head + "Content-Length: 65537\r\n\r\n", problem_kind::content_too_large);
    expect_refused(head + "Content-Length: 99999999999999\r\n\r\n", problem_kind::content_too_large);
    expect_refused(head + "Transfer-Encoding: chunked\r\n\r\n10001\r\n", problem_kind::content_too_large);
    std::string chunks = head + "Transfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 66; ++i) chunks += "400\r\n" + std::string(1024, 'x') + "\r\n";
    expect_refused(chunks, problem_kind::content_too_large);
}

TEST_F(incoming, takes_what_is_just_small_enough) {
    const std::string body(limits.body, 'x');
    feed("POST /" + std::string(limits.target - 1, 'x') +
             " HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n" + body,
         5000);
    ASSERT_TRUE(reader.is_complete()) << reader.fault()->detail;
    EXPECT_EQ(read.body, body);

    reader.reset();
    std::string header = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n";
    header.insert(header.size() - 4, std::string(limits.header - header.size(), 'x'));
    feed(header, 5000);
    EXPECT_TRUE(reader.is_complete());
}

TEST_F(incoming, knows_who_waits_for_100_continue) {
    feed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_TRUE(reader.is_header_done());
    EXPECT_FALSE(reader.is_complete());
    EXPECT_TRUE(reader.expects_continue());
    feed("hi");
    EXPECT_TRUE(reader.is_complete());
}

TEST_F(incoming, still_knows_the_path_of_headers_that_are_too_large) {
    feed("GET /orders HTTP/1.1\r\nX: " + std::string(17'000, 'x'));
    EXPECT_EQ(read.method, "GET");
    EXPECT_EQ(read.target, "/orders");
}

}  // namespace
}  // namespace delivery::http
