#include "chaos/recovery.hpp"

#include <gtest/gtest.h>

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;

class chaos_recovery : public testing::Test {
protected:
    recovery look(std::int64_t unfinished, std::chrono::seconds when) {
        return watch_.look({.unfinished = unfinished}, begin_ + when);
    }

    recovery_watch::clock::time_point begin_;
    recovery_watch watch_{begin_, 20min};
};

TEST_F(chaos_recovery, ends_when_nothing_is_left) {
    EXPECT_EQ(look(2, 1s), recovery::under_way);
    EXPECT_EQ(look(0, 2s), recovery::at_rest);
}

TEST_F(chaos_recovery, is_stuck_when_nothing_has_moved_for_two_minutes) {
    EXPECT_EQ(look(2, 100s), recovery::under_way);
    EXPECT_EQ(look(2, 220s), recovery::under_way);
    EXPECT_EQ(look(2, 221s), recovery::at_standstill);
}

TEST_F(chaos_recovery, is_not_stuck_while_it_crawls) {
    std::int64_t left = 100;
    for (auto when = 0s; when <= 20min; when += 110s) EXPECT_EQ(look(left--, when), recovery::under_way);
    EXPECT_EQ(look(left + 1, 1201s), recovery::under_way);
    EXPECT_EQ(look(left, 1202s), recovery::out_of_patience);
}

TEST_F(chaos_recovery, is_stuck_when_it_stood_still_as_patience_ended) {
    EXPECT_EQ(look(2, 1190s), recovery::under_way);
    EXPECT_EQ(look(2, 1210s), recovery::under_way);
    EXPECT_EQ(look(2, 1311s), recovery::at_standstill);
}

TEST_F(chaos_recovery, moves_when_any_part_does) {
    EXPECT_EQ(watch_.look({.outbox = 7}, begin_ + 100s), recovery::under_way);
    EXPECT_EQ(watch_.look({.outbox = 7, .unheard = 1}, begin_ + 200s), recovery::under_way);
    EXPECT_EQ(watch_.look({.outbox = 7, .unheard = 1}, begin_ + 319s), recovery::under_way);
}

}  // namespace
}  // namespace delivery::chaos
