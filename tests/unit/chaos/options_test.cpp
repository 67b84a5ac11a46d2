#include "chaos/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "chaos/clients.hpp"

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::expected<options, std::string> parse(const std::vector<const char*>& arguments) {
    return parse_options(arguments);
}

TEST(chaos_options, have_defaults_and_a_fresh_seed) {
    const auto first = parse({});
    ASSERT_TRUE(first);
    EXPECT_EQ(first->length, 1min);
    bool differs = false;
    for (int count = 0; count < 5; ++count) differs = differs || parse({})->seed != first->seed;
    EXPECT_TRUE(differs);
}

TEST(chaos_options, are_read) {
    const auto asked = parse({"--minutes", "0.5", "--seed", "18446744073709551615", "--json", "ledger.json",
                              "--sabotage", "delete-order"});
    ASSERT_TRUE(asked) << asked.error();
    EXPECT_EQ(asked->length, 30s);
    EXPECT_EQ(asked->seed, UINT64_MAX);
    EXPECT_EQ(asked->json_file, "ledger.json");
    EXPECT_EQ(asked->sabotage, "delete-order");
    EXPECT_TRUE(parse({"--help"})->wants_help);
}

TEST(chaos_options, that_are_wrong_are_named) {
    const std::vector<std::pair<std::vector<const char*>, const char*>> cases{
        {{"--minutes", "0"}, "--minutes"},  {{"--minutes", "many"}, "many"}, {{"--minutes", "nan"}, "nan"},
        {{"--minutes", "1e9"}, "1e9"},      {{"--minutes"}, "--minutes"},    {{"--seed", "-1"}, "-1"},
        {{"--sabotage", "arson"}, "arson"}, {{"--speed", "3"}, "--speed"},   {{"fast"}, "fast"},
    };
    for (const auto& [arguments, named] : cases) {
        const auto asked = parse(arguments);
        ASSERT_FALSE(asked) << named;
        EXPECT_THAT(asked.error(), HasSubstr(named));
    }
}

TEST(chaos_gaps, the_longest_counts) {
    const gap_meter::clock::time_point begin{};
    gap_meter gaps(begin);
    gaps.succeed(begin + 2s);
    gaps.succeed(begin + 7s);
    gaps.succeed(begin + 8s);
    EXPECT_EQ(gaps.longest(), 5s);
}

}  // namespace
}  // namespace delivery::chaos
