#include "rabbitmq/pausable_clock.hpp"

#include <gtest/gtest.h>

namespace delivery::rabbitmq {
namespace {

constexpr ports::instant at(int seconds) { return ports::instant{} + std::chrono::seconds(seconds); }

TEST(pausable_clock, shows_the_time_until_it_is_paused) {
    const pausable_clock clock;
    EXPECT_EQ(clock.at(at(7)), at(7));
    EXPECT_EQ(clock.when(at(7)), at(7));
}

TEST(pausable_clock, stands_still_while_paused_and_then_goes_on) {
    pausable_clock clock;
    clock.pause(at(10));
    EXPECT_TRUE(clock.is_paused());
    EXPECT_EQ(clock.at(at(50)), at(10));
    EXPECT_FALSE(clock.when(at(11)).has_value());
    clock.resume(at(50));
    EXPECT_FALSE(clock.is_paused());
    EXPECT_EQ(clock.at(at(51)), at(11));
    EXPECT_EQ(clock.when(at(11)), at(51));
}

TEST(pausable_clock, pauses_add_up_and_repeating_a_command_changes_nothing) {
    pausable_clock clock;
    clock.resume(at(1));
    clock.pause(at(10));
    clock.pause(at(15));
    clock.resume(at(20));
    clock.resume(at(30));
    EXPECT_EQ(clock.at(at(40)), at(30));
    clock.pause(at(40));
    clock.resume(at(45));
    EXPECT_EQ(clock.at(at(50)), at(35));
}

}  // namespace
}  // namespace delivery::rabbitmq
