#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/uuid.hpp"
#include "simulation/simulation.hpp"

namespace delivery::simulation {
namespace {

constexpr std::uint64_t fixed_seeds = 200;
constexpr std::uint64_t fresh_seeds = 20;
constexpr std::uint64_t calm_seeds = 40;
constexpr std::uint64_t sabotaged_seeds = 100;
constexpr std::size_t noticed_enough = 3;

std::optional<std::uint64_t> chosen_seed;

std::string describe(const outcome& run) {
    std::string text;
    for (const auto& fault : run.faults) text += "  " + fault + "\n";
    return text + fmt::format("  ({} orders, {} acknowledged, {} messages, {} disturbances)", run.orders,
                              run.acknowledged, run.messages, run.disturbances);
}

void expect_well(std::uint64_t seed) {
    const auto run = simulate(seed);
    EXPECT_TRUE(run.faults.empty()) << "simulation_tests --seed " << seed << "\n" << describe(run);
}

TEST(simulation, nothing_is_lost_repeated_or_stuck_whatever_fails) {
    if (chosen_seed) {
        const auto run = simulate(*chosen_seed);
        EXPECT_TRUE(run.faults.empty()) << describe(run);
        return;
    }
    for (std::uint64_t seed = 1; seed <= fixed_seeds; ++seed) expect_well(seed);
}

TEST(simulation, nor_with_seeds_never_tried_before) {
    if (chosen_seed) GTEST_SKIP() << "one seed is asked for";
    const auto first = domain::draw_entropy() >> 32;
    for (std::uint64_t seed = first; seed < first + fresh_seeds; ++seed) expect_well(seed);
}

TEST(simulation, where_nothing_fails_nothing_is_done_twice) {
    if (chosen_seed) GTEST_SKIP() << "one seed is asked for";
    for (std::uint64_t seed = 1; seed <= calm_seeds; ++seed) {
        const auto run = simulate(seed, sabotage::none, weather::calm);
        EXPECT_TRUE(run.faults.empty()) << "seed " << seed << "\n" << describe(run);
    }
}

TEST(simulation, the_same_seed_gives_the_same_run) {
    for (const std::uint64_t seed : {11U, 12U, 13U}) {
        const auto run = simulate(seed);
        EXPECT_EQ(run.trace, simulate(seed).trace) << seed;
        EXPECT_NE(run.trace, simulate(seed + 100).trace) << seed;
    }
}

TEST(simulation, a_run_is_worth_its_time) {
    outcome sum;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const auto run = simulate(seed);
        sum.orders += run.orders;
        sum.acknowledged += run.acknowledged;
        sum.messages += run.messages;
        sum.disturbances += run.disturbances;
    }
    EXPECT_GT(sum.acknowledged, 100U);
    EXPECT_GT(sum.orders, sum.acknowledged) << "some answers are lost";
    EXPECT_GT(sum.messages, sum.orders * 3) << "some messages are repeated";
    EXPECT_GT(sum.disturbances, 100U);
}

struct sabotage_case {
    const char* name;
    sabotage broken;
    const char* symptom;
    weather outside = weather::rough;
};

class sabotaged : public testing::TestWithParam<sabotage_case> {};

/// An instrument that finds nothing proves nothing.
TEST_P(sabotaged, is_noticed) {
    std::size_t noticed = 0;
    std::string all;
    for (std::uint64_t seed = 1; seed <= sabotaged_seeds && noticed < noticed_enough; ++seed) {
        const auto run = simulate(seed, GetParam().broken, GetParam().outside);
        if (!run.faults.empty()) ++noticed;
        for (const auto& fault : run.faults) all += fault + "\n";
    }
    EXPECT_EQ(noticed, noticed_enough);
    EXPECT_THAT(all, testing::HasSubstr(GetParam().symptom));
}

INSTANTIATE_TEST_SUITE_P(
    simulation, sabotaged,
    testing::Values(
        sabotage_case{"a_store_that_ignores_versions", sabotage::versions_ignored, "illegal step"},
        sabotage_case{"a_bus_that_confirms_what_it_never_got", sabotage::confirms_unseen,
                      "not all is published"},
        sabotage_case{"a_worker_that_acknowledges_first", sabotage::acknowledges_on_receive,
                      "waits for nothing"},
        sabotage_case{"a_service_that_answers_before_the_commit", sabotage::answers_before_commit, "is lost"},
        sabotage_case{"a_relay_that_settles_before_publishing", sabotage::settles_before_publishing,
                      "not all is published"},
        sabotage_case{"a_relay_that_ignores_its_leases", sabotage::leases_ignored, "is published again",
                      weather::calm},
        sabotage_case{"a_relay_that_keeps_its_shards_without_a_bus", sabotage::shards_kept,
                      "does not come to rest"},
        sabotage_case{"a_worker_that_keeps_its_messages_without_a_store", sabotage::messages_kept,
                      "does not come to rest"},
        sabotage_case{"a_retry_that_makes_its_ids_anew", sabotage::ids_made_anew, "are stored for one"},
        sabotage_case{"a_service_that_ignores_idempotency_keys", sabotage::keys_ignored, "idempotency key"}),
    [](const auto& tested) { return tested.param.name; });

std::optional<std::uint64_t> parse_seed(std::string_view text) {
    std::uint64_t seed = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return seed;
}

}  // namespace
}  // namespace delivery::simulation

/// `--seed N`, or SIMULATION_SEED in the environment, runs one seed alone.
int main(int argument_count, char** arguments) {
    using namespace delivery::simulation;
    testing::InitGoogleMock(&argument_count, arguments);
    const char* wanted = std::getenv("SIMULATION_SEED");
    for (int i = 1; i + 1 < argument_count; ++i) {
        if (std::string_view(arguments[i]) == "--seed") wanted = arguments[i + 1];
    }
    if (wanted != nullptr) {
        chosen_seed = parse_seed(wanted);
        if (!chosen_seed) {
            std::fputs("the seed is not a number\n", stderr);
            return 2;
        }
        testing::GTEST_FLAG(filter) = "simulation.nothing_*";
    }
    return RUN_ALL_TESTS();
}
