#include "contract/store_contract.hpp"

namespace delivery::tests {
namespace {

using ports::step_outcome;
using namespace std::chrono_literals;

TEST_P(store_contract, what_was_finished_long_ago_goes_with_its_history) {
    const auto old = import_old(2);
    const auto young = advance(advance(create(make_order())));
    settle(pending());
    EXPECT_EQ(purge({.age = 24h}), 2U);
    for (const auto& gone : old) {
        EXPECT_EQ(find(gone.order.id), std::nullopt);
        EXPECT_EQ(run(store().history({&gone.order.id, 1})).at(0), std::nullopt);
    }
    EXPECT_EQ(find(young.id), young);
    const auto left = audit();
    ASSERT_EQ(left.size(), 1U) << "no row of another order is left";
    EXPECT_EQ(left[0].id, young.id);
    EXPECT_EQ(left[0].events.size(), 3U);
    EXPECT_EQ(purge({.age = 24h}), 0U);
}

TEST_P(store_contract, what_is_unfinished_or_not_told_yet_stays_however_old_it_is) {
    const auto received = create(make_order());
    const auto scheduled = create(make_order());
    EXPECT_EQ(take(make_step(scheduled, 1h)), step_outcome::scheduled);
    const auto in_transit = advance(create(make_order()));
    settle(pending());
    const auto untold = advance(advance(create(make_order())));
    import_old(1);
    EXPECT_EQ(purge({.age = 0ms}), 1U) << "the imported one";
    for (const auto& order : {received, scheduled, in_transit, untold}) EXPECT_TRUE(find(order.id));
    settle(pending());
    EXPECT_TRUE(eventually([&] { return purge({.age = 0ms}) == 1; }));
    EXPECT_EQ(find(untold.id), std::nullopt);
}

TEST_P(store_contract, an_order_ages_from_its_last_event) {
    const auto old = import_old(1);
    const auto& order = old[0].order;
    const auto since_creation = std::chrono::system_clock::now() - order.created_at;
    const auto age = std::chrono::floor<std::chrono::milliseconds>(since_creation) - 1min;
    EXPECT_EQ(purge({.age = age}), 0U) << "created before, finished after that moment";
    EXPECT_EQ(purge({.age = age - 2min}), 1U);
}

TEST_P(store_contract, counting_finds_the_same_and_deletes_nothing) {
    const auto old = import_old(3);
    EXPECT_EQ(purge({.age = 24h, .only_counts = true}), 3U);
    EXPECT_EQ(find(old[0].order.id), old[0].order);
    EXPECT_EQ(purge({.age = 24h}), 3U);
}

TEST_P(store_contract, a_call_has_a_bound_and_says_where_to_go_on) {
    constexpr std::size_t count = 1201;
    import_old(count);
    const auto first = run(store().purge_orders({.age = 24h}));
    EXPECT_GT(first.orders, 0U);
    EXPECT_LT(first.orders, count);
    ASSERT_TRUE(first.next);
    EXPECT_EQ(purge({.age = 24h, .after = first.next}), count - first.orders);
    EXPECT_TRUE(audit().empty());
    EXPECT_EQ(run(store().purge_orders({.age = 24h})).next, std::nullopt);
}

}  // namespace
}  // namespace delivery::tests
