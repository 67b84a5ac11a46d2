#include "http/json_text.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "http_fakes.hpp"

namespace delivery::http {
namespace {

namespace json = boost::json;

TEST(json_text, round_trips_every_ascii_character_and_utf8) {
    std::string text;
    for (char c = 0; c < 0x7f; ++c) text.push_back(c);
    text += "\x7f ção € 🚚 \\u0041 \"} {\"";
    const auto json_text = to_json_string(text);
    EXPECT_EQ(json::parse(json_text).as_string(), text);
}

TEST(json_text, escapes_only_what_it_must) {
    EXPECT_EQ(to_json_string(""), R"("")");
    EXPECT_EQ(to_json_string("São Paulo/SP"), R"("São Paulo/SP")");
    EXPECT_EQ(to_json_string("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
}

TEST(json_text, writes_orders_and_events_as_the_contract_has_them) {
    std::string out;
    append_json(out, tests::make_order());
    EXPECT_EQ(json::parse(out), json::value({{"id", "019a4711-8c3e-7d52-b1f0-5a9c04e6d3b7"},
                                             {"customer_name", "João Silva"},
                                             {"address", "Rua \"Exemplo\", 123"},
                                             {"status", "RECEIVED"},
                                             {"created_at", "2025-11-03T00:32:55.534780Z"}}));

    const auto id = tests::make_order().id;
    const auto event = tests::make_event();
    const std::vector two{event, event};
    out.clear();
    append_json_array(out, std::span(two));
    const auto events = json::parse(out).as_array();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[1], json::value({{"id", event.id.to_string()},
                                      {"order_id", id.to_string()},
                                      {"status", "RECEIVED"},
                                      {"timestamp", "2025-11-03T00:32:55.534780Z"}}));
    out.clear();
    append_json_array(out, std::span<const domain::order>{});
    EXPECT_EQ(out, "[]");
}

}  // namespace
}  // namespace delivery::http
