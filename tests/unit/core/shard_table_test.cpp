#include "core/shard_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace delivery::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ports::lease_view view_of(std::vector<std::uint8_t> shards, std::size_t fair_share = domain::shard_count) {
    return {.shards = std::move(shards), .fair_share = fair_share};
}

std::vector<std::pair<int, std::int64_t>> begin(shard_table& table, std::size_t lane) {
    std::vector<std::pair<int, std::int64_t>> positions;
    for (const auto& position : table.begin_batch(lane))
        positions.emplace_back(position.shard, position.after);
    return positions;
}

ports::outbox_row row(std::int64_t sequence, std::uint8_t shard) {
    return {.sequence = sequence, .shard = shard, .event = {}, .traceparent = {}};
}

TEST(shard_table, deals_shards_to_lanes_and_reads_them_from_the_beginning) {
    shard_table table(2);
    EXPECT_THAT(begin(table, 0), IsEmpty());
    table.renewed(view_of({0, 1, 2, 63}));
    EXPECT_THAT(begin(table, 0), ElementsAre(std::pair(0, -1), std::pair(2, -1)));
    EXPECT_THAT(begin(table, 1), ElementsAre(std::pair(1, -1), std::pair(63, -1)));
    EXPECT_THAT(table.held(), ElementsAre(0, 1, 2, 63));
    EXPECT_TRUE(table.holds(63));
    EXPECT_FALSE(table.holds(3));
}

TEST(shard_table, moves_on_up_to_the_first_row_that_is_not_settled) {
    shard_table table(1);
    table.renewed(view_of({1, 2, 3}));
    begin(table, 0);
    const std::vector rows{row(10, 1), row(11, 2), row(12, 1), row(13, 2), row(14, 1)};
    table.read_up_to(rows, {true, false, true, true, false});
    table.end_batch(0);
    EXPECT_THAT(begin(table, 0), ElementsAre(std::pair(1, 12), std::pair(2, -1), std::pair(3, -1)));
    table.rewind(0);
    EXPECT_THAT(begin(table, 0), ElementsAre(std::pair(1, -1), std::pair(2, -1), std::pair(3, -1)));
}

TEST(shard_table, keeps_its_positions_over_a_renewal_and_forgets_what_it_lost) {
    shard_table table(1);
    table.renewed(view_of({1, 2}));
    table.read_up_to(std::vector{row(10, 1), row(11, 2)}, {true, true});
    table.renewed(view_of({1, 4}));
    EXPECT_THAT(begin(table, 0), ElementsAre(std::pair(1, 10), std::pair(4, -1)));
    table.renewed(view_of({1, 2, 4}));
    EXPECT_THAT(begin(table, 0), ElementsAre(std::pair(1, 10), std::pair(2, -1), std::pair(4, -1)));
    table.lost_all();
    EXPECT_THAT(table.held(), IsEmpty());
    table.renewed(view_of({1}));
    EXPECT_THAT(begin(table, 0), ElementsAre(std::pair(1, -1)));
}

TEST(shard_table, a_batch_says_nothing_about_a_shard_that_was_lost_meanwhile) {
    shard_table table(1);
    table.renewed(view_of({1, 2}));
    begin(table, 0);
    table.renewed(view_of({2}));
    table.read_up_to(std::vector{row(10, 1), row(11, 2)}, {true, true});
    table.end_batch(0);
    table.renewed(view_of({1, 2}));
    EXPECT_THAT(begin(table, 0), ElementsAre(std::pair(1, -1), std::pair(2, 11)));
}

TEST(shard_table, gives_up_what_exceeds_its_share_once_no_batch_is_busy_with_it) {
    shard_table table(2);
    table.renewed(view_of({0, 1, 2, 3}));
    begin(table, 0);
    table.renewed(view_of({0, 1, 2, 3}, 2));
    EXPECT_THAT(table.take_surplus(), ElementsAre(3)) << "the other lane is busy with 2";
    EXPECT_FALSE(table.holds(3));
    table.end_batch(0);
    EXPECT_THAT(begin(table, 0), ElementsAre(std::pair(0, -1))) << "no new batch has it";
    EXPECT_THAT(table.take_surplus(), ElementsAre(2)) << "although the lane is busy again";
    EXPECT_THAT(table.take_surplus(), IsEmpty());
    EXPECT_THAT(table.held(), ElementsAre(0, 1));
}

TEST(shard_table, keeps_what_is_its_share_again) {
    shard_table table(1);
    table.renewed(view_of({0, 1, 2, 3}, 2));
    table.renewed(view_of({0, 1, 2, 3}, 4));
    EXPECT_THAT(table.take_surplus(), IsEmpty());
    EXPECT_EQ(begin(table, 0).size(), 4U);
    table.renewed(view_of({0, 1}, 0));
    table.end_batch(0);
    EXPECT_THAT(table.take_surplus(), ElementsAre(0, 1)) << "refused, it gives up everything";
}

}  // namespace
}  // namespace delivery::core
