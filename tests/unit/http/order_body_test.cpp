#include "http/order_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/media_type.hpp"
#include "http/surrogates.hpp"

namespace delivery::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> faults_of(std::string_view body) {
    const auto result = parse_order_body(body);
    if (result) return {"none"};
    EXPECT_EQ(result.error().kind, problem_kind::validation_error) << body << ": " << result.error().detail;
    std::vector<std::string> faults;
    for (const auto& [field, detail] : result.error().faults) faults.push_back(field + ": " + detail);
    return faults;
}

std::string with_name(std::string_view name) {
    return R"({"customer_name":")" + std::string(name) + R"(","address":"b"})";
}

TEST(order_body, is_kept_exactly_as_sent) {
    const auto body = parse_order_body(
        "{\"customer_name\":\" Jo\\u00e3o \\ud83d\\ude9a\\n\",\"more\":[1,{}],"
        "\"address\":\"\\\"{}\\\\' 🚚\"}");
    ASSERT_TRUE(body) << body.error().detail;
    EXPECT_EQ(body->customer_name, " João 🚚\n");
    EXPECT_EQ(body->address, "\"{}\\' 🚚");
}

TEST(order_body, reports_all_faults_at_once) {
    EXPECT_THAT(faults_of(""), ElementsAre(": Field required"));
    for (const auto* body : {"[]", "null", "1", "\"text\"", "true"}) {
        EXPECT_THAT(faults_of(body), ElementsAre(": Input should be an object")) << body;
    }
    EXPECT_THAT(faults_of("{}"), ElementsAre("customer_name: Field required", "address: Field required"));
    EXPECT_THAT(faults_of(R"({"customer_name":null,"address":5})"),
                ElementsAre("customer_name: Input should be a valid string",
                            "address: Input should be a valid string"));
    EXPECT_THAT(faults_of(R"({"address":{}})"),
                ElementsAre("customer_name: Field required", "address: Input should be a valid string"));
    EXPECT_THAT(faults_of(R"({"customer_name":" \u00a0\t","address":""})"),
                ElementsAre(HasSubstr("customer_name: "), HasSubstr("address: ")));
}

TEST(order_body, counts_code_points_of_the_trimmed_text) {
    std::string trucks;
    for (int i = 0; i < 200; ++i) trucks += "🚚";
    EXPECT_TRUE(parse_order_body(with_name(trucks)));
    EXPECT_TRUE(parse_order_body(with_name("  " + trucks + "  ")));
    EXPECT_THAT(faults_of(with_name(trucks + "x")), ElementsAre(HasSubstr("customer_name: ")));
}

TEST(order_body, finds_lone_surrogates_and_nul_in_their_fields) {
    EXPECT_THAT(faults_of(with_name(R"(a\ud800b)")), ElementsAre(HasSubstr("customer_name: ")));
    EXPECT_THAT(faults_of(with_name(R"(\udc00)")), ElementsAre(HasSubstr("surrogate")));
    EXPECT_THAT(faults_of(with_name(R"(\ud800\ud800\udc00)")), ElementsAre(HasSubstr("surrogate")));
    EXPECT_THAT(faults_of(with_name(R"(\ud800\n)")), ElementsAre(HasSubstr("surrogate")));
    EXPECT_THAT(faults_of(R"({"customer_name":"\uD83D"})"),
                ElementsAre(HasSubstr("customer_name: "), "address: Field required"));
    EXPECT_THAT(faults_of(with_name(R"(a\u0000b)")), ElementsAre(HasSubstr("NUL")));
    EXPECT_TRUE(parse_order_body(R"({"customer_name":"a","address":"b","unknown":"\ud800"})"));
    EXPECT_TRUE(parse_order_body(with_name(R"(\\ud800)")));
}

TEST(order_body, refuses_what_is_not_json) {
    const auto deep = std::string(33, '[') + std::string(33, ']');
    const std::pair<std::string, std::string> cases[] = {
        {"{", "ends too early"},
        {"   ", "ends too early"},
        {"{\"a\":1} x", "at byte"},
        {"{\"a\":1}{}", "at byte"},
        {"{'a':1}", "at byte 1"},
        {"{\"a\":1,}", "at byte"},
        {"// comment\n{}", "at byte"},
        {"NaN", "at byte"},
        {"{\"a\":\"\x01\"}", "at byte"},
        {"\xef\xbb\xbf{}", "byte order mark"},
        {with_name("\xff"), "not UTF-8"},
        {with_name("\xed\xa0\x80"), "not UTF-8"},
        {with_name("\\ud800 \xff"), "not UTF-8"},
        {with_name("\\ud800") + "}", "at byte"},
        {with_name("\\ud8zz"), "at byte"},
        {with_name("\\x"), "at byte"},
        {"{\"a\":" + deep + "}", "nested"},
        {std::string(60'000, '['), "nested"},
    };
    for (const auto& [body, detail] : cases) {
        const auto result = parse_order_body(body);
        ASSERT_FALSE(result) << body.substr(0, 80);
        EXPECT_EQ(to_string(result.error().kind), "bad_request") << body.substr(0, 80);
        EXPECT_THAT(result.error().detail, HasSubstr(detail)) << body.substr(0, 80);
    }
    EXPECT_TRUE(parse_order_body(R"({"customer_name":"a","address":"b","deep":)" + std::string(31, '[') +
                                 std::string(31, ']') + "}"));
}

TEST(order_body, takes_the_last_of_repeated_members) {
    const auto body = parse_order_body(R"({"customer_name":1,"address":"b","customer_name":"a"})");
    ASSERT_TRUE(body);
    EXPECT_EQ(body->customer_name, "a");
}

TEST(surrogates, leaves_everything_else_as_it_is) {
    for (const auto* text :
         {"", "abc", R"(\)", R"(\u12)", R"(\ud83d\ude9a)", R"(\\ud800)", R"(\\\\ud800 \n)"}) {
        EXPECT_EQ(spell_out_lone_surrogates(text), text);
    }
    EXPECT_EQ(spell_out_lone_surrogates(R"(a\ud800b\uDFFF)"),
              "a\xed\xa0\x80"
              "b\xed\xbf\xbf");
    EXPECT_EQ(spell_out_lone_surrogates(R"(\\\ud800)"), "\\\\\xed\xa0\x80");
}

TEST(media_type, is_json_in_utf8_or_it_is_not) {
    for (const auto* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                             "application/json;charset=\"UTF-8\" ; x=y", "application/merge-patch+json",
                             "application/vnd.a+json; charset=utf-8"}) {
        EXPECT_TRUE(is_json_media_type(type)) << type;
    }
    for (const auto* type :
         {"text/plain", "application/xml", "application/jsonx", "text/json", "application/+json",
          "application/json; charset=latin1", "application/json; charset=utf-16",
          "application/json, text/plain", "application/x-www-form-urlencoded", "json"}) {
        EXPECT_FALSE(is_json_media_type(type)) << type;
    }
}

}  // namespace
}  // namespace delivery::http
