#include "core/message_codec.hpp"

#include <gtest/gtest.h>

#include "core/trace_context.hpp"

namespace delivery::core {
namespace {

using domain::status;

const domain::order_event event{
    .id = domain::uuid::parse("0193e0a0-0000-7000-8000-00000000000a").value(),
    .order_id = domain::uuid::parse("0193e0a0-0000-7000-8000-00000000000b").value(),
    .version = 2,
    .status = status::in_transit,
    .recorded_at = domain::parse_rfc3339("2025-11-03T00:32:55.534780Z").value()};

constexpr const char* body =
    R"({"event_id":"0193e0a0-0000-7000-8000-00000000000a","order_id":"0193e0a0-0000-7000-8000-00000000000b",)"
    R"("status":"IN_TRANSIT","version":2,"timestamp":"2025-11-03T00:32:55.534780Z"})";

TEST(message_codec, writes_the_five_members_and_nothing_about_the_customer) {
    EXPECT_EQ(encode_body(event), body);
}

TEST(message_codec, reads_what_it_writes) {
    for (const auto each : {status::received, status::in_transit, status::delivered}) {
        auto other = event;
        other.status = each;
        EXPECT_EQ(decode_body(encode_body(other)).value(), other);
    }
}

TEST(message_codec, ignores_members_that_it_does_not_know) {
    std::string more = body;
    more.insert(1, R"("future":{"a":[1,2,{}]},)");
    EXPECT_EQ(decode_body(more).value(), event);
}

struct unreadable_case {
    const char* name;
    std::string text;
    const char* reason;
};

class unreadable : public testing::TestWithParam<unreadable_case> {};

TEST_P(unreadable, is_told_with_its_reason) {
    const auto read = decode_body(GetParam().text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), GetParam().reason);
}

std::string with(std::string_view from, std::string_view to) {
    std::string changed = body;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
}

INSTANTIATE_TEST_SUITE_P(
    message_codec, unreadable,
    testing::Values(
        unreadable_case{"empty", "", "body is not JSON"},
        unreadable_case{"text", "hello", "body is not JSON"},
        unreadable_case{"cut_off", std::string(body).substr(0, 100), "body is not JSON"},
        unreadable_case{"two_values", std::string(body) + "{}", "body is not JSON"},
        unreadable_case{"invalid_utf8", with("IN_TRANSIT", "\xff"), "body is not JSON"},
        unreadable_case{"too_deep", std::string(100'000, '['), "body is not JSON"},
        unreadable_case{"array", "[]", "body is not a JSON object"},
        unreadable_case{"null", "null", "body is not a JSON object"},
        unreadable_case{"nothing_in_it", "{}", "event_id is missing or not a string"},
        unreadable_case{"event_id_number", with(R"("0193e0a0-0000-7000-8000-00000000000a")", "7"),
                        "event_id is missing or not a string"},
        unreadable_case{"event_id_text", with("00000000000a", "00000000000x"), "event_id is not a UUID"},
        unreadable_case{"order_id_text", with("00000000000b", "000b"), "order_id is not a UUID"},
        unreadable_case{"status_unknown", with("IN_TRANSIT", "LOST"), "unknown status"},
        unreadable_case{"status_case", with("IN_TRANSIT", "in_transit"), "unknown status"},
        unreadable_case{"version_zero", with(":2,", ":0,"), "version is missing or not a positive integer"},
        unreadable_case{"version_text", with(":2,", ":\"2\","),
                        "version is missing or not a positive integer"},
        unreadable_case{"version_fraction", with(":2,", ":2.0,"),
                        "version is missing or not a positive integer"},
        unreadable_case{"version_huge", with(":2,", ":2147483648,"),
                        "version is missing or not a positive integer"},
        unreadable_case{"version_beyond", with(":2,", ":18446744073709551615,"),
                        "version is missing or not a positive integer"},
        unreadable_case{"time_text", with("2025-11-03T", "yesterday "), "timestamp is not RFC 3339 in UTC"}),
    [](const auto& tested) { return tested.param.name; });

TEST(message_codec, names_its_keys_and_types) {
    EXPECT_EQ(routing_key(status::received), "order.received");
    EXPECT_EQ(routing_key(status::in_transit), "order.in_transit");
    EXPECT_EQ(routing_key(status::delivered), "order.delivered");
    EXPECT_EQ(event_type(status::received), "delivery.order.received");
    EXPECT_EQ(event_type(status::in_transit), "delivery.order.in_transit");
    EXPECT_EQ(event_type(status::delivered), "delivery.order.delivered");
    EXPECT_TRUE(has_consumer(status::received));
    EXPECT_TRUE(has_consumer(status::in_transit));
    EXPECT_FALSE(has_consumer(status::delivered));
}

struct trace_case {
    const char* name;
    const char* traceparent;
    bool is_well_formed;
};

class traced : public testing::TestWithParam<trace_case> {};

TEST_P(traced, gives_its_trace_id_or_nothing) {
    EXPECT_EQ(trace_id_of(GetParam().traceparent),
              GetParam().is_well_formed ? "0af7651916cd43dd8448eb211c80319c" : "");
}

TEST_P(traced, is_used_as_far_as_it_is_known) {
    const std::string_view whole = GetParam().traceparent;
    EXPECT_EQ(usable_traceparent(whole), GetParam().is_well_formed ? whole.substr(0, 55) : "");
}

INSTANTIATE_TEST_SUITE_P(
    trace_context, traced,
    testing::Values(
        trace_case{"plain", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true},
        trace_case{"later_version", "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true},
        trace_case{"later_version_with_more", "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what",
                   true},
        trace_case{"empty", "", false},
        trace_case{"version_00_with_more", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what",
                   false},
        trace_case{"later_version_run_on", "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01what",
                   false},
        trace_case{"version_ff", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
        trace_case{"short", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false},
        trace_case{"upper_case", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false},
        trace_case{"not_hexadecimal", "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01", false},
        trace_case{"nil_trace", "00-00000000000000000000000000000000-b7ad6b7169203331-01", false},
        trace_case{"nil_parent", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false},
        trace_case{"other_separator", "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
        trace_case{"bad_flags", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x", false}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace delivery::core
