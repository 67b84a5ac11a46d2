#include "postgres/parameters.hpp"

#include <gtest/gtest.h>

namespace delivery::postgres {
namespace {

using std::string_literals::operator""s;

std::string bytes_of(const parameters& values, int index = 0) {
    return {values.values()[index], static_cast<std::size_t>(values.lengths()[index])};
}

TEST(parameters, numbers_and_moments_are_big_endian) {
    parameters values;
    values.add(std::int32_t{-2}).add(std::int64_t{258});
    values.add(domain::parse_rfc3339("2000-01-01T00:00:01Z").value()).add(domain::timestamp::max());
    EXPECT_EQ(values.count(), 4);
    EXPECT_EQ(bytes_of(values, 0), "\xFF\xFF\xFF\xFE"s);
    EXPECT_EQ(bytes_of(values, 1), "\0\0\0\0\0\0\1\2"s);
    EXPECT_EQ(bytes_of(values, 2), "\0\0\0\0\0\x0F\x42\x40"s);
    EXPECT_EQ(bytes_of(values, 3), "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s) << "infinity";
    for (int i = 0; i < 4; ++i) EXPECT_EQ(values.formats()[i], 1);
}

TEST(parameters, an_array_has_its_type_and_size_before_its_elements) {
    const std::vector<std::int16_t> numbers{1, -1};
    parameters values;
    values.add_array(numbers);
    EXPECT_EQ(bytes_of(values),
              "\0\0\0\1\0\0\0\0\0\0\0\x15\0\0\0\2\0\0\0\1"
              "\0\0\0\2\0\1"
              "\0\0\0\2\xFF\xFF"s);
}

TEST(parameters, an_empty_array_has_no_dimension) {
    parameters values;
    values.add_array(std::vector<domain::uuid>{});
    EXPECT_EQ(bytes_of(values), "\0\0\0\0\0\0\0\0\0\0\x0B\x86"s);
}

TEST(parameters, absent_texts_are_null) {
    const std::vector<std::optional<std::string>> texts{"a\"{}\\,", std::nullopt, ""};
    parameters values;
    values.add_array(texts);
    EXPECT_EQ(bytes_of(values),
              "\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\3\0\0\0\1"
              "\0\0\0\6a\"{}\\,"
              "\xFF\xFF\xFF\xFF"
              "\0\0\0\0"s);
}

TEST(parameters, arrays_are_made_of_members) {
    struct item {
        domain::uuid id;
        std::int64_t number;
    };
    domain::uuid::bytes_type bytes{};
    bytes[15] = 7;
    const std::vector<item> items{{.id = domain::uuid(bytes), .number = 5}};
    parameters values;
    values.add_array(items, &item::id).add_array(items, &item::number);
    EXPECT_EQ(bytes_of(values, 0).substr(20), "\0\0\0\x10"s + std::string(15, '\0') + "\x07");
    EXPECT_EQ(bytes_of(values, 1).substr(20), "\0\0\0\x08\0\0\0\0\0\0\0\5"s);
}

}  // namespace
}  // namespace delivery::postgres
