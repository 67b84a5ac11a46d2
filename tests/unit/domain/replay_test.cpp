#include "domain/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace delivery::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

order_event event(std::int32_t version, status value, int second) {
    return {.id = {},
            .order_id = {},
            .version = version,
            .status = value,
            .recorded_at = timestamp(std::chrono::seconds(second))};
}

std::vector<order_event> whole_history() {
    return {event(1, status::received, 1), event(2, status::in_transit, 2), event(3, status::delivered, 2)};
}

TEST(replay, ends_where_the_history_ends) {
    const auto replayed = replay(whole_history());
    ASSERT_TRUE(replayed);
    EXPECT_EQ(replayed->status, status::delivered);
    EXPECT_EQ(replayed->version, 3);
    EXPECT_EQ(replayed->created_at, timestamp(std::chrono::seconds(1)));
    EXPECT_EQ(replayed->updated_at, timestamp(std::chrono::seconds(2)));
    EXPECT_FALSE(replay({}));
}

TEST(history, without_fault_has_none) { EXPECT_THAT(find_history_faults(whole_history()), IsEmpty()); }

TEST(history, tells_each_fault) {
    EXPECT_THAT(find_history_faults({}), ElementsAre("history is empty"));

    auto gap = whole_history();
    gap.erase(gap.begin() + 1);
    EXPECT_THAT(find_history_faults(gap), ElementsAre("version 1 is followed by version 3",
                                                      "illegal step RECEIVED to DELIVERED at version 3"));

    auto headless = whole_history();
    headless.erase(headless.begin());
    EXPECT_THAT(find_history_faults(headless), ElementsAre("history begins at version 2, not 1",
                                                           "history begins as IN_TRANSIT, not RECEIVED"));

    auto repeated = whole_history();
    repeated[2] = event(3, status::in_transit, 3);
    EXPECT_THAT(find_history_faults(repeated),
                ElementsAre("illegal step IN_TRANSIT to IN_TRANSIT at version 3"));

    auto backwards = whole_history();
    backwards[1].recorded_at = timestamp(std::chrono::seconds(0));
    EXPECT_THAT(find_history_faults(backwards), ElementsAre("time goes backwards at version 2"));
}

}  // namespace
}  // namespace delivery::domain
