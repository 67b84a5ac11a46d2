#include "domain/timestamp.hpp"

#include <gtest/gtest.h>

namespace delivery::domain {
namespace {

TEST(timestamp, writes_microseconds_in_utc) {
    const timestamp time(std::chrono::microseconds(1762129975534780));
    EXPECT_EQ(to_rfc3339(time), "2025-11-03T00:32:55.534780Z");
    EXPECT_EQ(to_rfc3339(timestamp{}), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(to_rfc3339(timestamp(std::chrono::microseconds(-1))), "1969-12-31T23:59:59.999999Z");
}

TEST(timestamp, reads_back_what_it_writes) {
    for (const std::int64_t value : {0LL, -1LL, 1762129975534780LL, 951782399999999LL, 951782400000000LL}) {
        const timestamp time{std::chrono::microseconds(value)};
        EXPECT_EQ(parse_rfc3339(to_rfc3339(time)), time) << value;
    }
}

TEST(timestamp, reads_fewer_decimals) {
    const auto second = parse_rfc3339("2025-11-03T00:32:55Z");
    ASSERT_TRUE(second);
    EXPECT_EQ(parse_rfc3339("2025-11-03T00:32:55.5Z"), *second + std::chrono::milliseconds(500));
}

TEST(timestamp, refuses_what_is_no_moment_in_utc) {
    for (const auto* text :
         {"", "2025-11-03", "2025-11-03 00:32:55Z", "2025-11-03T00:32:55", "2025-11-03T00:32:55+00:00",
          "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z", "2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z",
          "2025-01-01T00:00:60Z", "2025-01-01T00:00:00.Z", "2025-01-01T00:00:00.1234567Z",
          "x025-01-01T00:00:00Z", "2025-01-01T00:00:00.12a4Z", "2025-01-01T00:00:00Z "}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

}  // namespace
}  // namespace delivery::domain
