#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "source_rules.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

std::set<std::string> all_matches(const std::string& text, const std::regex& pattern,
                                  const std::string& separator = "") {
    std::set<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
        found.insert(separator.empty() ? (*at)[1].str() : (*at)[1].str() + separator + (*at)[2].str());
    }
    return found;
}

TEST(security, every_answer_of_the_threat_model_names_tests_that_exist) {
    const std::filesystem::path root = DELIVERY_SOURCE_DIR;
    std::set<std::string> tests;
    for (const auto& file : project_files(root)) {
        if (!file.starts_with("tests/") || !file.ends_with("_test.cpp")) continue;
        tests.merge(
            all_matches(read_file(root / file), std::regex(R"(TEST(?:_[FP])?\((\w+),\s*(\w+)\))"), "."));
    }
    ASSERT_GT(tests.size(), 300U);

    const auto text = read_file(root / "SECURITY.md");
    const auto named = all_matches(text, std::regex(R"(`(\w+\.\w+)`(?=(, `\w+\.\w+`)* \|))"));
    EXPECT_GT(named.size(), 40U);
    for (const auto& name : named) EXPECT_TRUE(tests.contains(name)) << name;
    EXPECT_EQ(all_matches(text, std::regex(R"((\|[^|\n`]*\|[^|\n]*\|) *\|\n)")), std::set<std::string>{})
        << "an answer without a test";
}

}  // namespace
}  // namespace delivery::tests
