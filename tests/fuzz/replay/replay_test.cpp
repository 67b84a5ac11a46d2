// What `./dev fuzz` does for minutes, for a moment: every target over its committed corpus, and over seeded
// mutations of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "fuzz/targets.hpp"
#include "mutation.hpp"
#include "support/temp_folder.hpp"

namespace delivery::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t seed = 20250103;
constexpr int mutations = 1500;

const fs::path& corpora() {
    static const fs::path folder = DELIVERY_SOURCE_DIR "/tests/fuzz/corpus";
    return folder;
}

std::vector<fs::path> corpus_of(std::string_view target) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(corpora() / target)) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

/// What does not hold for these bytes; empty where all does.
std::string find_fault(const target& target, std::string_view bytes) {
    try {
        target.try_bytes(bytes);
    } catch (const std::exception& error) {
        return error.what();
    }
    return {};
}

class replay : public testing::TestWithParam<target> {};

TEST_P(replay, holds_for_the_corpus) {
    const auto files = corpus_of(GetParam().name);
    EXPECT_GE(files.size(), 3U);
    for (const auto& file : files) EXPECT_EQ(find_fault(GetParam(), tests::read_file(file)), "") << file;
}

TEST_P(replay, holds_for_mutations_of_the_corpus) {
    std::vector<std::string> texts;
    for (const auto& file : corpus_of(GetParam().name)) texts.push_back(tests::read_file(file));
    std::mt19937_64 random(seed);
    for (int i = 0; i < mutations; ++i) {
        const auto text = mutate(texts, random);
        ASSERT_EQ(find_fault(GetParam(), text), "")
            << "mutation " << i << ": " << testing::PrintToString(text);
    }
}

TEST_P(replay, holds_for_nothing) { EXPECT_EQ(find_fault(GetParam(), ""), ""); }

INSTANTIATE_TEST_SUITE_P(targets, replay, testing::ValuesIn(targets),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(corpora, each_belongs_to_a_target) {
    std::set<std::string> names;
    for (const auto& target : targets) names.emplace(target.name);
    for (const auto& entry : fs::directory_iterator(corpora()))
        EXPECT_TRUE(names.contains(entry.path().filename())) << entry.path();
}

TEST(properties, a_broken_one_is_noticed) {
    EXPECT_THROW(require_json("{", "a brace"), broken_property);
    EXPECT_THROW(require_json("\"\xff\"", "a byte"), broken_property);
    EXPECT_THROW(require_one_line("a\nb", "two lines"), broken_property);
    EXPECT_THROW(require_one_line("\xc3", "half a character"), broken_property);
    EXPECT_NO_THROW(require_one_line("João", "a name"));
}

}  // namespace
}  // namespace delivery::fuzz
