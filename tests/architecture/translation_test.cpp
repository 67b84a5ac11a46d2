#include <gtest/gtest.h>

#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/temp_folder.hpp"

// The README in Portuguese says what the one in English says: section by section the same commands, names and
// links, and tables of the same length. Only prose, comments in commands and labels in drawings are in
// another language.

namespace delivery::tests {
namespace {

const std::filesystem::path root = DELIVERY_SOURCE_DIR;

// What does not depend on the language.
struct section {
    std::size_t level = 0;
    std::vector<std::string> commands;  ///< Lines of blocks in a language, without their comments.
    std::multiset<std::string> blocks;  ///< The languages of all blocks.
    std::multiset<std::string> names;   ///< What stands `like this`.
    std::multiset<std::string> links;   ///< Where they lead, the link to the other language left out.
    std::size_t rows = 0;               ///< Of tables.
};

void note_matches(const std::string& line, const std::regex& pattern, std::multiset<std::string>& found) {
    for (std::sregex_iterator at(line.begin(), line.end(), pattern), end; at != end; ++at) {
        found.insert((*at)[1]);
    }
}

void read_prose(const std::string& line, section& into) {
    static const std::regex name("`([^`]+)`");
    static const std::regex link(R"(\]\((?!README)([^)]+)\)|<(http[^>]+)>)");
    note_matches(line, name, into.names);
    for (std::sregex_iterator at(line.begin(), line.end(), link), end; at != end; ++at) {
        into.links.insert((*at)[1].matched ? (*at)[1] : (*at)[2]);
    }
    if (line.starts_with("|")) ++into.rows;
}

std::string without_comment(const std::string& line) {
    static const std::regex comment(R"(\s+# .*$)");
    return std::regex_replace(line, comment, "");
}

std::vector<section> read_sections(const std::string& file) {
    std::vector<section> sections(1);
    std::istringstream text(read_file(root / file));
    std::optional<std::string> block;
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with("```")) {
            if (!block) sections.back().blocks.insert(line.substr(3));
            block = block ? std::nullopt : std::optional(line.substr(3));
        } else if (block) {
            if (!block->empty()) sections.back().commands.push_back(without_comment(line));
        } else if (line.starts_with("#")) {
            sections.emplace_back().level = line.find(' ');
        } else {
            read_prose(line, sections.back());
        }
    }
    return sections;
}

TEST(translation, readme_in_portuguese_says_what_the_english_one_says) {
    const auto english = read_sections("README.md");
    const auto portuguese = read_sections("README.pt-BR.md");
    ASSERT_GT(english.size(), 5U);
    ASSERT_EQ(english.size(), portuguese.size()) << "sections";
    for (std::size_t i = 0; i < english.size(); ++i) {
        SCOPED_TRACE("section " + std::to_string(i));
        EXPECT_EQ(english[i].level, portuguese[i].level);
        EXPECT_EQ(english[i].commands, portuguese[i].commands);
        EXPECT_EQ(english[i].blocks, portuguese[i].blocks);
        EXPECT_EQ(english[i].names, portuguese[i].names);
        EXPECT_EQ(english[i].links, portuguese[i].links);
        EXPECT_EQ(english[i].rows, portuguese[i].rows);
    }
}

TEST(translation, each_readme_leads_to_the_other) {
    EXPECT_NE(read_file(root / "README.md").find("(README.pt-BR.md)"), std::string::npos);
    EXPECT_NE(read_file(root / "README.pt-BR.md").find("(README.md)"), std::string::npos);
}

}  // namespace
}  // namespace delivery::tests
