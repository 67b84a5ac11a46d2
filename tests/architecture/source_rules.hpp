#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace delivery::tests {

/// A rule that a file breaks, and where.
struct rule_violation {
    std::string file;
    std::size_t line = 0;
    std::string what;

    friend bool operator==(const rule_violation&, const rule_violation&) = default;
};

inline constexpr std::size_t most_file_lines = 450;
inline constexpr std::size_t most_function_lines = 60;
inline constexpr std::size_t most_columns = 110;

/// What one C++ file breaks of the rules below. `file` is its path from the project's root, such as
/// "src/core/relay.cpp": which headers it may include follows from it.
///
/// - includes go inward: cli → http, adapters, runtime → core → ports → domain; adapters know neither each
/// other nor
///   http nor runtime; production code includes nothing of the tests
/// - a library's header (libpq, librabbitmq, SQLite, spdlog, prometheus, CLI11) only where it is wrapped
/// - files, functions (from the line of the opening brace to the closing one) and lines have their limits
/// - no stray markers, no code in comments, no path of one machine
std::vector<rule_violation> find_violations(const std::string& file, std::string_view text);

/// The same for a text that is not C++: long lines are allowed in it.
std::vector<rule_violation> find_text_violations(const std::string& file, std::string_view text);

/// All files of the project under its root, as paths from there, those that are built or ignored left out.
std::vector<std::string> project_files(const std::filesystem::path& root);

}  // namespace delivery::tests
