#include <algorithm>
#include <array>
#include <set>

#include "contract/store_contract.hpp"
#include "domain/shard.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

TEST_P(store_contract, one_relay_gets_everything) {
    const auto relay = make_relay();
    const auto view = renew(relay);
    ASSERT_EQ(view.shards.size(), domain::shard_count);
    for (std::uint8_t shard = 0; shard < domain::shard_count; ++shard) EXPECT_EQ(view.shards[shard], shard);
    EXPECT_EQ(view.fair_share, domain::shard_count);
    EXPECT_EQ(renew(relay).shards, view.shards);
}

TEST_P(store_contract, relays_share_fairly_and_never_overlap) {
    const std::array relays{make_relay(), make_relay(), make_relay()};
    EXPECT_EQ(renew_fairly(relays[0]), 64U);
    EXPECT_TRUE(renew(relays[1]).shards.empty());
    EXPECT_TRUE(renew(relays[2]).shards.empty());
    EXPECT_EQ(renew(relays[0]).fair_share, 22U);
    EXPECT_EQ(renew_fairly(relays[0]), 22U);
    EXPECT_EQ(renew_fairly(relays[1]), 22U);
    EXPECT_EQ(renew_fairly(relays[2]), 20U);
    std::set<std::uint8_t> all;
    for (const auto& relay : relays) {
        for (const auto shard : renew(relay).shards) EXPECT_TRUE(all.insert(shard).second);
    }
    EXPECT_EQ(all.size(), 64U);
}

TEST_P(store_contract, a_relay_that_is_gone_is_replaced) {
    const auto dead = make_relay();
    const auto retired = make_relay();
    const auto heir = make_relay();
    EXPECT_EQ(renew(dead, 300ms).shards.size(), 64U);
    EXPECT_TRUE(renew(heir).shards.empty());
    ASSERT_TRUE(eventually([&] { return renew(heir).shards.size() == 64; }));
    EXPECT_EQ(renew(heir).fair_share, 64U);

    EXPECT_TRUE(renew(retired).shards.empty());
    EXPECT_EQ(renew_fairly(heir), 32U);
    EXPECT_EQ(renew(retired).shards.size(), 32U);
    run(store().retire(retired));
    EXPECT_EQ(renew(heir).shards.size(), 64U);
}

TEST_P(store_contract, a_lease_of_before_the_clock_was_set_back_ends_soon) {
    const auto dead = make_relay();
    const auto heir = make_relay();
    EXPECT_EQ(renew(dead, 1h).shards.size(), 64U);
    EXPECT_TRUE(renew(heir, 100ms).shards.empty());
    ASSERT_TRUE(eventually([&] { return renew(heir, 100ms).shards.size() == 64; }));
    EXPECT_EQ(renew(heir, 100ms).fair_share, 64U);

    const auto stranger = make_relay("amqp://before/");
    run(store().retire(heir));
    renew(stranger, 1h);
    EXPECT_EQ(run(store().find_other_bus(heir.bus)), std::nullopt);
}

TEST_P(store_contract, only_the_holder_gives_up_a_lease) {
    const auto holder = make_relay();
    const auto other = make_relay();
    const auto held = renew(holder).shards;
    run(store().release_leases(other, held));
    EXPECT_EQ(renew(holder).shards, held);
    const std::array some{std::uint8_t{3}, std::uint8_t{5}};
    run(store().release_leases(holder, some));
    EXPECT_TRUE(renew(other).shards == std::vector<std::uint8_t>({3, 5}));
    EXPECT_EQ(renew(holder).shards.size(), 62U);
    run(store().retire(other));
    run(store().retire(other));
}

TEST_P(store_contract, relays_on_two_buses_are_refused) {
    const auto first = make_relay("amqp://one/");
    const auto stranger = make_relay("amqp://two/");
    EXPECT_EQ(run(store().find_other_bus("amqp://one/")), std::nullopt);
    EXPECT_EQ(renew(first, 400ms).shards.size(), 64U);
    EXPECT_EQ(run(store().find_other_bus("amqp://one/")), std::nullopt);
    EXPECT_EQ(run(store().find_other_bus("amqp://two/")), "amqp://one/");
    run(store().release_leases(first, std::array{std::uint8_t{1}}));
    EXPECT_TRUE(renew(stranger).shards.empty());
    EXPECT_EQ(renew(first, 400ms).shards.size(), 64U) << "a refused relay does not count among the living";
    ASSERT_TRUE(eventually([&] { return renew(stranger).shards.size() == 64; }));
    EXPECT_EQ(run(store().find_other_bus("amqp://one/")), "amqp://two/");
    EXPECT_TRUE(renew(first).shards.empty());
}

TEST_P(store_contract, relays_that_renew_at_once_never_share_a_shard) {
    if (!database().is_shared()) GTEST_SKIP() << "one process at a time";
    std::vector<std::unique_ptr<ports::store>> stores;
    std::vector<ports::relay_identity> relays;
    for (int i = 0; i < 4; ++i) stores.push_back(open_another());
    for (int i = 0; i < 4; ++i) relays.push_back(make_relay());
    for (int round = 0; round < 5; ++round) {
        std::vector<std::future<ports::lease_view>> calls;
        for (std::size_t i = 0; i < stores.size(); ++i)
            calls.push_back(start(stores[i]->renew_leases(relays[i], 10s)));
        std::vector<ports::lease_view> views;
        for (auto& call : calls) views.push_back(finish(call));
        std::set<std::uint8_t> all;
        for (const auto& view : views) {
            for (const auto shard : view.shards) EXPECT_TRUE(all.insert(shard).second);
        }
        for (const auto& relay : relays) renew_fairly(relay);
    }
    for (const auto& relay : relays) EXPECT_EQ(renew(relay).shards.size(), 16U);
    for (auto& each : stores) run(each->close());
}

}  // namespace
}  // namespace delivery::tests
