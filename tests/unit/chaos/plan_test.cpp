#include "chaos/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;

TEST(chaos_plan, is_the_seeds_and_nobody_elses) {
    EXPECT_EQ(draw_plan(42, 10min), draw_plan(42, 10min));
    EXPECT_NE(draw_plan(42, 10min), draw_plan(43, 10min));
    // Another seed must not be the same faults in other lanes.
    EXPECT_NE(draw_plan(42, 10min)[0].front(), draw_plan(42, 10min)[1].front());
}

TEST(chaos_plan, a_longer_one_begins_as_a_shorter_one) {
    const auto shorter = draw_plan(5, 1min);
    const auto longer = draw_plan(5, 30min);
    for (std::size_t lane = 0; lane < shorter.size(); ++lane) {
        ASSERT_GT(longer.at(lane).size(), shorter.at(lane).size());
        EXPECT_TRUE(std::ranges::equal(
            shorter.at(lane),
            std::vector(longer.at(lane).begin(),
                        longer.at(lane).begin() + static_cast<std::ptrdiff_t>(shorter.at(lane).size()))));
    }
}

TEST(chaos_plan, has_every_kind_and_lasts_long_enough) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::set<fault_kind> kinds;
        for (const auto& lane : draw_plan(seed, 1min)) {
            milliseconds total{};
            for (const auto& fault : lane) {
                kinds.insert(fault.kind);
                total += fault.pause + fault.length;
                EXPECT_FALSE(describe(fault).empty());
            }
            EXPECT_GE(total, 1min);
        }
        EXPECT_EQ(kinds.size(), all_fault_kinds().size());
    }
}

TEST(chaos_plan, leaves_out_what_cannot_be_done) {
    for (const auto& lane : draw_plan(1, 10min, {fault_kind::fill_disk, fault_kind::skew_clock})) {
        for (const auto& fault : lane) {
            EXPECT_NE(fault.kind, fault_kind::fill_disk);
            EXPECT_NE(fault.kind, fault_kind::skew_clock);
        }
    }
}

TEST(chaos_plan, freezes_roles_for_longer_than_their_leases) {
    constexpr auto lease = 3s;
    const auto plan = draw_plan(1, 60min);
    for (const auto& fault : plan[0]) {
        if (fault.kind != fault_kind::freeze_role) continue;
        EXPECT_GT(fault.length, lease);
        EXPECT_THAT(fault.processes.size(), testing::AnyOf(1U, 2U));
    }
}

}  // namespace
}  // namespace delivery::chaos
