#include "hostile_texts.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <vector>

namespace delivery::tests {

std::string repeated(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t count = 0; count < times; ++count) result += text;
    return result;
}

std::string order_body(std::string_view customer_name, std::string_view address) {
    return R"({"customer_name":")" + std::string(customer_name) + R"(","address":")" + std::string(address) +
           R"("})";
}

namespace {

struct accepted_text {
    std::string json;    // As in the body, between quotes.
    std::string stored;  // As it must come back.
};

const std::vector<accepted_text> texts{
    {"João Silva", "João Silva"},
    {"  padded\\t", "  padded\t"},
    {"quotes \\\" ' `", "quotes \" ' `"},
    {"braces {a,\\\"b\\\",NULL} [1]", "braces {a,\"b\",NULL} [1]"},
    {"back\\\\slash \\\\\\\" \\\\N", "back\\slash \\\" \\N"},
    {"NULL", "NULL"},
    {"'); DROP TABLE orders; --", "'); DROP TABLE orders; --"},
    {"line\\nbreak\\r\\n", "line\nbreak\r\n"},
    {"\\u0001\\u001f\\u007f", "\x01\x1f\x7f"},
    {"😀👩‍👩‍👧 \\ud83d\\ude00", "😀👩‍👩‍👧 😀"},
    {"%s%n {} ${HOME}", "%s%n {} ${HOME}"},
    {"é vs e\xcc\x81", "é vs e\xcc\x81"},
    {"\xef\xbb\xbf mark inside", "\xef\xbb\xbf mark inside"},
    {repeated("ã", 200), repeated("ã", 200)},
    {repeated("😀", 200), repeated("😀", 200)},
    {"   " + repeated("x", 200) + "   ", "   " + repeated("x", 200) + "   "},
};

}  // namespace

void expect_texts_to_come_back(contract_client& client) {
    for (const auto& text : texts) {
        const auto posted = client.request("POST", "/orders", order_body(text.json, text.json));
        ASSERT_EQ(posted.status, 201) << text.json << posted.body;
        const auto read = client.request("GET", posted.header("Location"));
        for (const auto* field : {"customer_name", "address"}) {
            EXPECT_EQ(text_at(read.json(), field), text.stored);
            EXPECT_EQ(text_at(posted.json(), field), text.stored);
        }
    }
}

}  // namespace delivery::tests
