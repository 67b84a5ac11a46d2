#include "domain/flow.hpp"

#include <gtest/gtest.h>

namespace delivery::domain {
namespace {

TEST(flow, leads_from_received_to_delivered) {
    const auto first = next_step(status::received);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->to, status::in_transit);
    EXPECT_EQ(first->waits_for, stage::picking);
    const auto second = next_step(status::in_transit);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->to, status::delivered);
    EXPECT_EQ(second->waits_for, stage::transit);
    EXPECT_FALSE(next_step(status::delivered));
}

TEST(flow, knows_every_legal_step_and_no_other) {
    for (const auto from : all_statuses()) {
        for (const auto to : all_statuses()) {
            const bool legal = (from == status::received && to == status::in_transit) ||
                               (from == status::in_transit && to == status::delivered);
            EXPECT_EQ(is_legal(from, to), legal) << to_string(from) << " to " << to_string(to);
        }
    }
}

TEST(flow, takes_each_stage_its_own_time) {
    const stage_durations durations{.picking = std::chrono::milliseconds(3),
                                    .transit = std::chrono::milliseconds(7)};
    EXPECT_EQ(durations.of(stage::picking).count(), 3);
    EXPECT_EQ(durations.of(stage::transit).count(), 7);
}

TEST(status, reads_its_own_names_only) {
    for (const auto value : all_statuses()) EXPECT_EQ(parse_status(to_string(value)), value);
    for (const auto* text : {"", "received", "RECEIVED ", "CANCELLED"})
        EXPECT_FALSE(parse_status(text)) << text;
}

}  // namespace
}  // namespace delivery::domain
