#include "runtime/log_line.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "runtime/log_escape.hpp"

namespace delivery::runtime {
namespace {

using ports::log_field;

const log_origin origin{"delivery", "api"};
const auto moment = domain::parse_rfc3339("2025-11-03T00:32:55.534780Z").value();

std::string json_line(std::string_view message, const std::vector<log_field>& fields) {
    std::string line;
    append_json_line(line, origin, {moment, ports::log_level::info, message, fields});
    return line;
}

std::string text_line(std::string_view message, const std::vector<log_field>& fields) {
    std::string line;
    append_text_line(line, origin, {moment, ports::log_level::warning, message, fields});
    return line;
}

bool is_harmless(std::string_view line) {
    return std::ranges::none_of(line,
                                [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

TEST(JsonLine, HasTheFixedMembersThenTheFields) {
    EXPECT_EQ(json_line("A request was answered", {{"request_id", std::string_view("r1")},
                                                   {"status", std::int64_t{201}},
                                                   {"duration_ms", 1.25},
                                                   {"replayed", false}}),
              R"({"timestamp":"2025-11-03T00:32:55.534780Z","level":"info","logger":"delivery",)"
              R"("message":"A request was answered","service":"delivery","role":"api",)"
              R"("request_id":"r1","status":201,"duration_ms":1.25,"replayed":false})");
}

TEST(JsonLine, AFieldReplacesLoggerAndRole) {
    const auto object = boost::json::parse(json_line("x", {{"logger", std::string_view("relay")},
                                                           {"role", std::string_view("relay")}}))
                            .as_object();
    EXPECT_EQ(object.at("logger"), "relay");
    EXPECT_EQ(object.at("role"), "relay");
    EXPECT_EQ(object.size(), 6U);
}

TEST(JsonLine, NumbersThatAreNoneAreNull) {
    for (const auto value : {std::nan(""), std::numeric_limits<double>::infinity(), -HUGE_VAL}) {
        EXPECT_TRUE(boost::json::parse(json_line("x", {{"n", value}})).at("n").is_null());
    }
    EXPECT_EQ(boost::json::parse(json_line("x", {{"n", 1e300}})).at("n").as_double(), 1e300);
}

TEST(JsonLine, TimesChangeWithTheSecond) {
    std::string line;
    append_json_line(line, origin, {moment, ports::log_level::info, "x", {}});
    append_json_line(line, origin,
                     {moment + std::chrono::microseconds(999'999), ports::log_level::info, "x", {}});
    EXPECT_NE(line.find("00:32:55.534780Z"), std::string::npos);
    EXPECT_NE(line.find("00:32:56.534779Z"), std::string::npos);
}

struct escape_case {
    std::string bytes;
    std::string json;
};

TEST(JsonString, EscapesWhatCouldBreakALine) {
    const escape_case cases[] = {{"plain", R"("plain")"},
                                 {"a\"b\\c", R"("a\"b\\c")"},
                                 {"a\nb\rc\td", R"("a\nb\rc\td")"},
                                 {std::string("\0\x1b[31m\x7f", 7), R"("\u0000\u001b[31m\u007f")"},
                                 {"\xC2\x9B", R"("\u009b")"},
                                 {"Ação 日本 🚚", "\"Ação 日本 🚚\""},
                                 {"\u2027\u2028\u2029", "\"\u2027\\u2028\\u2029\""},
                                 {"safe\u202Efdp.exe", R"("safe\u202efdp.exe")"},
                                 {"\u2065\u2066\u2069\u206A\u200E", "\"\u2065\\u2066\\u2069\u206A\\u200e\""},
                                 {"a\xFF z", "\"a\xEF\xBF\xBD z\""},
                                 {"\xC0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
                                 {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
                                 {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
                                 {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""}};
    for (const auto& [bytes, json] : cases) {
        std::string line;
        append_json_string(line, bytes);
        EXPECT_EQ(line, json);
    }
}

TEST(JsonString, EveryByteIsSeenAtEveryPlaceOfALongText) {
    for (int byte = 0; byte < 0x80; ++byte) {
        const auto c = static_cast<char>(byte);
        const auto is_plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\';
        for (std::size_t place = 0; place < 20; ++place) {
            std::string text(20, 'x');
            text[place] = c;
            std::string line;
            append_json_string(line, text);
            ASSERT_EQ(line == '"' + text + '"', is_plain) << byte << " at " << place;
            ASSERT_EQ(boost::json::parse(line).as_string(), text) << byte << " at " << place;
        }
    }
}

TEST(JsonLine, IsJsonOnOneLineWhateverTheBytes) {
    std::mt19937 random(7);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes(random() % 40, '\0');
        for (auto& c : bytes) c = static_cast<char>(random());
        const auto line = json_line(bytes, {{bytes, std::string_view(bytes)}});
        boost::system::error_code fault;
        boost::json::parse(line, fault);
        ASSERT_FALSE(fault) << round << ": " << line;
        ASSERT_TRUE(is_harmless(line)) << round;
        ASSERT_TRUE(is_harmless(text_line(bytes, {{bytes, std::string_view(bytes)}}))) << round;
    }
}

TEST(JsonLine, LongTextIsCut) {
    const std::string text(100'000, 'x');
    const auto line = json_line("x", {{"error", std::string_view(text)}});
    EXPECT_LT(line.size(), longest_log_text + 300);
    EXPECT_TRUE(boost::json::parse(line).at("error").as_string().ends_with("…"));
    // The cut goes through a character, whose half must not be left over.
    const auto halved = std::string(longest_log_text - 1, 'x') + "é";
    EXPECT_NO_THROW(boost::json::parse(json_line(halved, {})));
}

TEST(TextLine, IsForPeople) {
    EXPECT_EQ(
        text_line("The broker is away", {{"error", std::string_view("connection refused")},
                                         {"attempt", std::int64_t{3}},
                                         {"host", std::string_view("mq")},
                                         {"empty", std::string_view()},
                                         {"quoted", std::string_view("a\"b")}}),
        "2025-11-03T00:32:55.534780Z warning [api] The broker is away error=\"connection refused\" attempt=3 "
        "host=mq empty=\"\" quoted=\"a\\\"b\"");
    EXPECT_EQ(text_line("a\nb", {{"x", std::string_view("c\x1b[2Jd")}}),
              "2025-11-03T00:32:55.534780Z warning [api] a\\nb x=c\\u001b[2Jd");
}

TEST(Readable, ShowsQuotesPlainly) {
    EXPECT_EQ(readable("FATAL: database \"delivery\" does not exist"),
              "FATAL: database \"delivery\" does not exist");
    // The mark of an escape is escaped, so that nothing else looks like one.
    EXPECT_EQ(readable("\"\n\\n\""), "\"\\n\\\\n\"");
}

TEST(Readable, IsSafeForATerminal) {
    EXPECT_EQ(readable("0001_initial"), "0001_initial");
    EXPECT_EQ(readable("\x1b]0;title\a\r\x1b[2Jgone\xC2\x9B\u202E"),
              "\\u001b]0;title\\u0007\\r\\u001b[2Jgone\\u009b\\u202e");
    EXPECT_LE(readable(std::string(1'000'000, 'x')).size(), longest_log_text + 4);
}

}  // namespace
}  // namespace delivery::runtime
