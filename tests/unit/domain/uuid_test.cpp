#include "domain/uuid.hpp"

#include <unordered_set>

#include <gtest/gtest.h>

namespace delivery::domain {
namespace {

timestamp at_millisecond(std::int64_t value) { return timestamp(std::chrono::milliseconds(value)); }

std::int64_t milliseconds_of(const uuid& id) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(id.made_at().value().time_since_epoch())
        .count();
}

TEST(uuid, reads_either_case_and_writes_lower_case) {
    const auto id = uuid::parse("793491AA-5958-4c3f-b51d-D8ABF83EEF12");
    ASSERT_TRUE(id);
    EXPECT_EQ(id->to_string(), "793491aa-5958-4c3f-b51d-d8abf83eef12");
}

TEST(uuid, refuses_every_other_form) {
    for (const auto* text :
         {"", "793491aa", "793491aa59584c3fb51dd8abf83eef12", "{793491aa-5958-4c3f-b51d-d8abf83eef12}",
          "793491aa-5958-4c3f-b51d-d8abf83eef1", "793491aa-5958-4c3f-b51d-d8abf83eef123",
          "793491ag-5958-4c3f-b51d-d8abf83eef12", "793491aa_5958_4c3f_b51d_d8abf83eef12",
          "793491a-a5958-4c3f-b51d-d8abf83eef12", " 93491aa-5958-4c3f-b51d-d8abf83eef12"}) {
        EXPECT_FALSE(uuid::parse(text)) << text;
    }
}

TEST(uuid_generator, makes_version_7_of_the_given_time) {
    uuid_generator generator(1);
    const auto id = generator.next(at_millisecond(0x0123456789ab));
    EXPECT_EQ(id.to_string().substr(0, 15), "01234567-89ab-7");
    EXPECT_EQ(id.bytes()[8] >> 6, 2) << "variant 10";
    EXPECT_EQ(id.made_at(), at_millisecond(0x0123456789ab));
    EXPECT_FALSE(uuid::parse("793491aa-5958-4c3f-b51d-d8abf83eef12")->made_at()) << "version 4 holds none";
}

TEST(uuid_generator, ascends_when_the_clock_stands_still_or_goes_back) {
    uuid_generator generator(2);
    auto previous = generator.next(at_millisecond(1'000'000));
    for (int i = 0; i < 20'000; ++i) {
        const auto id = generator.next(at_millisecond(i % 2 == 0 ? 1'000'000 : 999'000));
        ASSERT_LT(previous, id) << "at " << i;
        previous = id;
    }
    EXPECT_LT(milliseconds_of(previous), 1'000'010) << "borrows from the future as little as it must";
}

TEST(uuid_generator, differs_between_generators) {
    std::unordered_set<uuid> seen;
    for (int i = 0; i < 100; ++i) seen.insert(uuid_generator().next(at_millisecond(1)));
    EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace delivery::domain
