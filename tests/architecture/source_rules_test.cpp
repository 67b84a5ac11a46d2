#include "source_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "code_text.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

std::vector<std::string> reasons(const std::string& file, const std::string& text) {
    std::vector<std::string> result;
    for (const auto& violation : find_violations(file, text)) result.push_back(violation.what);
    return result;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t count = 0; count < times; ++count) result += text;
    return result;
}

struct include_case {
    std::string file;
    std::string included;
    bool is_allowed;
};

class include_rules : public testing::TestWithParam<include_case> {};

TEST_P(include_rules, hold) {
    const auto& [file, included, is_allowed] = GetParam();
    EXPECT_EQ(find_violations(file, "#include " + included + "\n").empty(), is_allowed)
        << file << " " << included;
}

INSTANTIATE_TEST_SUITE_P(arrows, include_rules,
                         testing::Values(include_case{"src/domain/a.cpp", "\"domain/b.hpp\"", true},
                                         include_case{"src/domain/a.cpp", "\"ports/b.hpp\"", false},
                                         include_case{"src/domain/a.cpp", "\"core/b.hpp\"", false},
                                         include_case{"src/ports/a.hpp", "\"domain/b.hpp\"", true},
                                         include_case{"src/ports/a.hpp", "\"core/b.hpp\"", false},
                                         include_case{"src/core/a.cpp", "\"ports/b.hpp\"", true},
                                         include_case{"src/core/a.cpp", "\"sqlite/b.hpp\"", false},
                                         include_case{"src/core/a.cpp", "\"runtime/b.hpp\"", false},
                                         include_case{"src/postgres/a.cpp", "\"core/b.hpp\"", true},
                                         include_case{"src/postgres/a.cpp", "\"sqlite/b.hpp\"", false},
                                         include_case{"src/postgres/a.cpp", "\"http/b.hpp\"", false},
                                         include_case{"src/memory/a.cpp", "\"runtime/b.hpp\"", false},
                                         include_case{"src/http/a.cpp", "\"core/b.hpp\"", true},
                                         include_case{"src/http/a.cpp", "\"postgres/b.hpp\"", false},
                                         include_case{"src/runtime/a.cpp", "\"http/b.hpp\"", false},
                                         include_case{"src/cli/a.cpp", "\"http/b.hpp\"", true},
                                         include_case{"src/http/a.cpp", "\"cli/b.hpp\"", false},
                                         include_case{"src/core/a.cpp", "\"support/b.hpp\"", false},
                                         include_case{"src/new_layer/a.cpp", "\"core/b.hpp\"", false},
                                         include_case{"tests/unit/core/a.cpp", "\"sqlite/b.hpp\"", true}));

INSTANTIATE_TEST_SUITE_P(libraries, include_rules,
                         testing::Values(include_case{"src/postgres/a.cpp", "<libpq-fe.h>", true},
                                         include_case{"src/cli/a.cpp", "<libpq-fe.h>", false},
                                         include_case{"src/rabbitmq/a.cpp", "<amqp_framing.h>", true},
                                         include_case{"src/core/a.cpp", "<amqp.h>", false},
                                         include_case{"src/sqlite/a.hpp", "<sqlite3.h>", true},
                                         include_case{"src/memory/a.cpp", "<sqlite3.h>", false},
                                         include_case{"src/runtime/a.cpp", "<spdlog/logger.h>", true},
                                         include_case{"src/http/a.cpp", "<spdlog/logger.h>", false},
                                         include_case{"src/http/a.cpp", "<prometheus/counter.h>", false},
                                         include_case{"src/cli/a.cpp", "<CLI/CLI.hpp>", true},
                                         include_case{"src/runtime/a.cpp", "<CLI/CLI.hpp>", false},
                                         include_case{"src/core/a.cpp", "<boost/beast/http.hpp>", false},
                                         include_case{"src/core/a.cpp", "<gtest/gtest.h>", false},
                                         include_case{"tests/support/a.cpp", "<libpq-fe.h>", true}));

TEST(size_rules, a_long_file_is_found) {
    EXPECT_TRUE(reasons("src/core/a.cpp", repeated("int a;\n", most_file_lines)).empty());
    EXPECT_EQ(reasons("src/core/a.cpp", repeated("int a;\n", most_file_lines + 1)).size(), 1U);
}

TEST(size_rules, a_long_line_is_found_and_characters_are_counted) {
    EXPECT_TRUE(reasons("src/core/a.cpp", "// " + repeated("ã", most_columns - 3) + "\n").empty());
    EXPECT_EQ(reasons("src/core/a.cpp", "// " + repeated("ã", most_columns - 2) + "\n").size(), 1U);
}

TEST(size_rules, a_long_function_is_found) {
    const auto with_lines = [](const std::string& head, std::size_t lines) {
        return "namespace a {\nclass b {\n" + head + " {\n" + repeated("    if (x) { y(); }\n", lines - 2) +
               "}\n};\n}\n";
    };
    for (const auto* head : {"int f(int a)", "void g() const", "b::b(int c) : d_(c)", "auto h() -> int",
                             "awaitable<void> i(std::vector<int> j) noexcept override", "TEST(one, two)"}) {
        EXPECT_TRUE(reasons("src/core/a.cpp", with_lines(head, most_function_lines)).empty()) << head;
        EXPECT_EQ(reasons("src/core/a.cpp", with_lines(head, most_function_lines + 1)).size(), 1U) << head;
    }
}

TEST(size_rules, classes_tables_and_namespaces_may_be_long) {
    for (const auto* head :
         {"namespace a", "class b final : public c", "struct d", "enum class e", "const f g[] ="}) {
        EXPECT_TRUE(
            reasons("src/core/a.cpp", std::string(head) + " {\n" + repeated("h,\n", 200) + "};\n").empty())
            << head;
    }
}

TEST(size_rules, braces_in_literals_and_comments_do_not_count) {
    const std::string text =
        "void f() {\n  a(\"}\\\"{\", '{', R\"x({{)x\", 1'000);  // {\n  /* { */\n}\nint b;\n";
    const auto bodies = function_bodies(text);
    ASSERT_EQ(bodies.size(), 1U);
    EXPECT_EQ(bodies.front().first_line, 1U);
    EXPECT_EQ(bodies.front().last_line, 4U);
}

TEST(mark_rules, stray_markers_are_found) {
    for (const std::string marker : {"TO"
                                     "DO",
                                     "FIX"
                                     "ME",
                                     "XX"
                                     "X"}) {
        EXPECT_EQ(reasons("src/core/a.cpp", "// " + marker + ": later\n").size(), 1U) << marker;
    }
    EXPECT_TRUE(
        reasons("src/core/a.cpp", "const auto TODOS = 1;\nconst auto name = \"delivery-XXXXXX\";\n").empty());
}

TEST(mark_rules, paths_of_one_machine_are_found) {
    EXPECT_EQ(reasons("src/core/a.cpp", std::string("auto a = \"/ho") + "me/me/delivery\";\n").size(), 1U);
    EXPECT_EQ(find_text_violations("docs/a.md", std::string("cd /wo") + "rk/delivery\n").size(), 1U);
    EXPECT_TRUE(reasons("src/core/a.cpp", "auto a = \"/var/tmp/x\"; auto b = \"home/x\";\n").empty());
}

TEST(comment_rules, code_in_comments_is_found) {
    for (const auto* code :
         {" return value;", " if (a == b) {", " store.close();", " auto a = b(c);", " a_ = b;",
          " #include <vector>", " }", " std::move(a);", " for (auto& a : b) {"}) {
        EXPECT_TRUE(looks_like_code(code)) << code;
    }
    for (const auto* prose : {" Returns the value; throws where there is none.", " namespace",
                              "/ One wait at a time.", " The order's id (made before the first attempt).",
                              " See docs/architecture.md.", " A batch of one is just a batch;"}) {
        EXPECT_FALSE(looks_like_code(prose)) << prose;
    }
}

TEST(architecture, every_file_keeps_the_rules) {
    const std::filesystem::path root = DELIVERY_SOURCE_DIR;
    const std::set<std::string> text_endings{".cmake", ".txt", ".sh",   ".yaml", ".yml",
                                             ".sql",   ".md",  ".json", ""};
    std::size_t code_files = 0;
    for (const auto& file : project_files(root)) {
        const auto ending = std::filesystem::path(file).extension().string();
        const bool is_code = ending == ".cpp" || ending == ".hpp";
        if (!is_code && !text_endings.contains(ending)) continue;
        if (file.ends_with("package-lock.json")) continue;
        code_files += is_code ? 1 : 0;
        const auto text = read_file(root / file);
        for (const auto& violation :
             is_code ? find_violations(file, text) : find_text_violations(file, text)) {
            ADD_FAILURE() << file << ":" << violation.line << ": " << violation.what;
        }
    }
    EXPECT_GT(code_files, 50U);
}

}  // namespace
}  // namespace delivery::tests
