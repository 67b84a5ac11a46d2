#include "http/page_query.hpp"

#include <gtest/gtest.h>

#include "http/cursor.hpp"
#include "http_fakes.hpp"

namespace delivery::http {
namespace {

const ports::page_position position{.created_at = tests::make_order().created_at,
                                    .id = tests::make_order().id};

TEST(page_query, has_defaults_and_ignores_what_it_does_not_know) {
    for (const auto* query : {"", "page=2&sort", "&&", "x=%20&x=1", "Limit=5"}) {
        const auto page = parse_page_query(query);
        ASSERT_TRUE(page) << query;
        EXPECT_EQ(page->limit, 20U);
        EXPECT_FALSE(page->status);
        EXPECT_FALSE(page->after);
    }
}

TEST(page_query, reads_all_three) {
    const auto page = parse_page_query("status=IN_TRANSIT&lim%69t=%31&cursor=" + encode_cursor(position));
    ASSERT_TRUE(page) << page.error();
    EXPECT_EQ(page->status, domain::status::in_transit);
    EXPECT_EQ(page->limit, 1U);
    EXPECT_EQ(page->after->id, position.id);
    EXPECT_EQ(page->after->created_at, position.created_at);
    EXPECT_EQ(parse_page_query("limit=100")->limit, 100U);
}

TEST(page_query, refuses_values_that_make_no_sense) {
    for (const auto* query :
         {"limit=0", "limit=101", "limit=-1", "limit=+1", "limit=1.0", "limit=abc", "limit=", "limit",
          "limit=99999999999999999999", "limit=1&limit=1", "limit=1 ", "status=", "status=received",
          "status=LOST", "status=RECEIVED&status=RECEIVED", "cursor=", "cursor=abc", "cursor=%zz", "x=%"}) {
        EXPECT_FALSE(parse_page_query(query)) << query;
    }
}

TEST(cursor, keeps_any_position) {
    for (const auto time :
         {position.created_at, domain::timestamp{}, domain::timestamp(std::chrono::microseconds(-1))}) {
        const auto text = encode_cursor({.created_at = time, .id = position.id});
        const auto back = decode_cursor(text);
        ASSERT_TRUE(back) << text;
        EXPECT_EQ(back->created_at, time);
        EXPECT_EQ(back->id, position.id);
    }
}

TEST(cursor, refuses_times_that_no_order_has) {
    using std::chrono::microseconds;
    const auto last = *domain::parse_rfc3339("9999-12-31T23:59:59.999999Z");
    EXPECT_TRUE(decode_cursor(encode_cursor({.created_at = last, .id = position.id})));
    for (const auto time : {last + microseconds(1), domain::timestamp::max(), domain::timestamp::min(),
                            domain::timestamp::min() + std::chrono::years(30)}) {
        EXPECT_FALSE(decode_cursor(encode_cursor({.created_at = time, .id = position.id})));
    }
}

TEST(cursor, refuses_every_text_that_is_not_its_own) {
    const auto good = encode_cursor(position);
    EXPECT_FALSE(decode_cursor(good.substr(1)));
    EXPECT_FALSE(decode_cursor(good + "A"));
    EXPECT_FALSE(decode_cursor(good + "="));
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const char c : {'A', 'z', '_', '+', '/', '='}) {
            auto forged = good;
            if (forged[i] == c) continue;
            forged[i] = c;
            EXPECT_FALSE(decode_cursor(forged)) << forged;
        }
    }
}

}  // namespace
}  // namespace delivery::http
