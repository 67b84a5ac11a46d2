#include "domain/order_text.hpp"

#include <gtest/gtest.h>

namespace delivery::domain {
namespace {

std::string repeat(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += piece;
    return text;
}

TEST(order_text, accepts_what_people_are_called) {
    for (const std::string& text :
         {std::string("João Silva"), std::string("O'Brien {\"\\}"), std::string("李"), std::string("🚚"),
          std::string("a\nb\t\x01"), repeat("ã", 200), repeat("🚚", 200),
          "  " + repeat("x", 200) + "\u3000"}) {
        EXPECT_EQ(find_text_fault(text, 200), std::nullopt) << text;
    }
}

TEST(order_text, refuses_blank_text) {
    for (const auto* text : {"", " ", "\t\r\n\v\f", "\u00a0\u2003\u3000\u0085\u1680\u2028\u205f"}) {
        EXPECT_EQ(find_text_fault(text, 200),
                  "String must have at least 1 character that is not white space");
    }
}

TEST(order_text, counts_code_points_not_bytes) {
    EXPECT_EQ(find_text_fault(repeat("🚚", 201), 200), "String must have at most 200 characters");
    EXPECT_EQ(find_text_fault(repeat("x", 501), 500), "String must have at most 500 characters");
}

TEST(order_text, refuses_nul) {
    EXPECT_EQ(find_text_fault(std::string_view("a\0b", 3), 200), "String must not contain the NUL character");
}

TEST(order_text, refuses_malformed_utf8) {
    for (const auto* text :
         {"\xff", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
          "\xf8\x88\x80\x80\x80", "\x80", "a\xe2\x82", "\xe2\x28\xa1"}) {
        EXPECT_FALSE(is_utf8(text)) << text;
        EXPECT_TRUE(find_text_fault(text, 200)) << text;
    }
    EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80"))
        << "the last code point, and those around the gap";
}

}  // namespace
}  // namespace delivery::domain
