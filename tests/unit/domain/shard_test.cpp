#include "domain/shard.hpp"

#include <array>

#include <gtest/gtest.h>

namespace delivery::domain {
namespace {

TEST(shard, never_changes) {
    // Rows in databases carry these numbers: another answer would split an order's events over two shards.
    EXPECT_EQ(shard_of(uuid{}), 5);
    EXPECT_EQ(shard_of(*uuid::parse("793491aa-5958-4c3f-b51d-d8abf83eef12")), 15);
}

TEST(shard, spreads_orders_evenly) {
    std::array<int, shard_count> orders{};
    uuid_generator generator(3);
    for (int i = 0; i < 64'000; ++i)
        ++orders.at(shard_of(generator.next(timestamp(std::chrono::milliseconds(i)))));
    for (const auto count : orders) {
        EXPECT_GT(count, 800);
        EXPECT_LT(count, 1200);
    }
}

}  // namespace
}  // namespace delivery::domain
