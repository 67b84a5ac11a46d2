#include <algorithm>
#include <array>
#include <map>
#include <ranges>
#include <set>

#include "contract/store_contract.hpp"
#include "domain/shard.hpp"

namespace delivery::tests {
namespace {

using ports::step_outcome;
using namespace std::chrono_literals;

TEST_P(store_contract, an_orders_versions_ascend_within_its_shard) {
    const auto orders = create_orders(5);
    for (const auto& order : orders) advance(advance(order));
    std::map<std::uint8_t, std::int64_t> last;
    std::map<domain::uuid, std::int32_t> versions;
    const auto rows = pending();
    ASSERT_EQ(rows.size(), 15U);
    for (const auto& row : rows) {
        EXPECT_EQ(row.shard, domain::shard_of(row.event.order_id));
        if (last.contains(row.shard)) EXPECT_GT(row.sequence, last[row.shard]);
        last[row.shard] = row.sequence;
        EXPECT_EQ(row.event.version, ++versions[row.event.order_id]);
    }
}

TEST_P(store_contract, pending_goes_on_after_a_position_and_keeps_to_its_shards) {
    create_orders(40);
    const auto all = pending();
    ASSERT_EQ(all.size(), 40U);
    const auto busy = all[0].shard;
    std::vector<ports::outbox_row> of_shard;
    std::ranges::copy_if(all, std::back_inserter(of_shard),
                         [&](const auto& row) { return row.shard == busy; });

    std::array positions{ports::shard_position{.shard = busy}};
    EXPECT_EQ(run(store().pending(positions, 100)).size(), of_shard.size());
    positions[0].after = of_shard[0].sequence;
    EXPECT_EQ(run(store().pending(positions, 100)).size(), of_shard.size() - 1);
    positions[0].after = of_shard.back().sequence;
    EXPECT_TRUE(run(store().pending(positions, 100)).empty());
}

TEST_P(store_contract, a_limited_answer_leaves_no_gap_in_any_shard) {
    create_orders(100);
    std::map<std::uint8_t, std::vector<std::int64_t>> expected;
    for (const auto& row : pending()) expected[row.shard].push_back(row.sequence);
    const auto rows = pending(30);
    EXPECT_GT(rows.size(), 0U);
    EXPECT_LE(rows.size(), 30U);
    std::map<std::uint8_t, std::vector<std::int64_t>> seen;
    for (const auto& row : rows) seen[row.shard].push_back(row.sequence);
    for (const auto& [shard, sequences] : seen) {
        EXPECT_TRUE(std::ranges::equal(sequences, expected[shard] | std::views::take(sequences.size())));
    }
}

TEST_P(store_contract, reading_in_small_bites_sees_everything) {
    create_orders(60);
    auto positions = all_shards();
    std::set<domain::uuid> seen;
    for (;;) {
        const auto rows = run(store().pending(positions, 7));
        if (rows.empty()) break;
        for (const auto& row : rows) {
            EXPECT_TRUE(seen.insert(row.event.id).second);
            positions[row.shard].after = row.sequence;
        }
    }
    EXPECT_EQ(seen.size(), 60U);
}

TEST_P(store_contract, settled_rows_are_gone_and_may_be_settled_again) {
    create_orders(5);
    auto rows = pending();
    const auto kept = rows.back();
    rows.pop_back();
    settle(rows);
    settle(rows);
    const auto left = pending();
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].event, kept.event);
}

TEST_P(store_contract, depth_counts_what_waits_in_the_shards_asked_for) {
    std::vector<std::uint8_t> shards;
    for (const auto& position : all_shards()) shards.push_back(position.shard);
    EXPECT_EQ(run(store().depth(shards)).pending, 0);
    EXPECT_EQ(run(store().depth(shards)).oldest_age, 0us);
    create_orders(10);
    std::int64_t sum = 0;
    for (const auto shard : shards) sum += run(store().depth({&shard, 1})).pending;
    EXPECT_EQ(sum, 10);
    EXPECT_EQ(run(store().depth(shards)).pending, 10);
    EXPECT_GT(run(store().depth(shards)).oldest_age, 0us);
    EXPECT_EQ(run(store().depth({})).pending, 0);
}

TEST_P(store_contract, a_lost_message_is_announced_again_once) {
    const auto lost = advance(create(make_order()));
    const auto waiting = create(make_order());
    const auto finished = advance(advance(create(make_order())));
    const auto timed = create(make_order());
    EXPECT_EQ(take(make_step(timed, 1h)), step_outcome::scheduled);
    auto rows = pending();
    std::erase_if(rows, [&](const auto& row) { return row.event.order_id == waiting.id; });
    settle(rows);

    EXPECT_EQ(run(store().redrive(1h, std::nullopt)).announced, 0U);
    ASSERT_TRUE(eventually([&] { return run(store().redrive(20ms, std::nullopt)).announced == 1; }));
    EXPECT_EQ(run(store().redrive(0ms, std::nullopt)).announced, 0U);
    rows = pending();
    std::erase_if(rows, [&](const auto& row) { return row.event.order_id == waiting.id; });
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].event, history(lost.id).back());
    EXPECT_EQ(rows[0].traceparent, "");

    settle(rows);
    EXPECT_EQ(run(store().redrive(1h, std::nullopt)).announced, 0U);
    EXPECT_TRUE(eventually([&] { return run(store().redrive(20ms, std::nullopt)).announced == 1; }));
    EXPECT_EQ(find(lost.id), lost);
}

TEST_P(store_contract, redriving_goes_on_from_where_it_stopped) {
    const auto orders = create_orders(3);
    settle(pending());
    ASSERT_TRUE(eventually([&] { return run(store().redrive(10ms, orders[1].id)).announced == 1; }));
    EXPECT_EQ(pending().at(0).event.order_id, orders[2].id);
    std::optional<domain::uuid> from;
    std::size_t announced = 0;
    do {
        const auto result = run(store().redrive(0ms, from));
        announced += result.announced;
        from = result.next;
    } while (from);
    EXPECT_EQ(announced, 2U);
}

}  // namespace
}  // namespace delivery::tests
