#include "source_rules.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "code_text.hpp"

namespace delivery::tests {
namespace {

using violations = std::vector<rule_violation>;

// Which folders of src/ a folder may include, itself always included.
const std::map<std::string, std::set<std::string>, std::less<>> allowed_layers{
    {"domain", {}},
    {"ports", {"domain"}},
    {"core", {"ports", "domain"}},
    {"postgres", {"core", "ports", "domain"}},
    {"sqlite", {"core", "ports", "domain"}},
    {"rabbitmq", {"core", "ports", "domain"}},
    {"memory", {"core", "ports", "domain"}},
    {"http", {"core", "ports", "domain"}},
    {"runtime", {"core", "ports", "domain"}},
    {"cli", {"http", "runtime", "postgres", "sqlite", "rabbitmq", "memory", "core", "ports", "domain"}},
};

struct wrapped_library {
    std::string_view header;  // What an include of it begins with.
    std::string_view home;
};

constexpr std::array wrapped_libraries{
    wrapped_library{"libpq", "src/postgres/"},
    wrapped_library{"amqp", "src/rabbitmq/"},
    wrapped_library{"rabbitmq-c", "src/rabbitmq/"},
    wrapped_library{"sqlite3", "src/sqlite/"},
    wrapped_library{"spdlog/", "src/runtime/"},
    wrapped_library{"prometheus/", "src/runtime/"},
    wrapped_library{"CLI/", "src/cli/"},
    wrapped_library{"boost/beast", "src/http/"},
    wrapped_library{"gtest/", "tests/"},
    wrapped_library{"gmock/", "tests/"},
};

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::string folder_in_src(std::string_view file) {
    if (!file.starts_with("src/")) return {};
    const auto rest = file.substr(4);
    const auto slash = rest.find('/');
    return slash == std::string_view::npos ? std::string() : std::string(rest.substr(0, slash));
}

std::optional<std::string> wrong_layer(const std::string& file, const std::string& included) {
    const auto from = folder_in_src(file);
    const auto to = included.substr(0, included.find('/'));
    if (from.empty() || from == "boost" || from == to) return std::nullopt;
    if (to == "support" || to == "tests") return "production code includes " + included;
    const auto known = allowed_layers.find(from);
    if (known == allowed_layers.end()) return "the layer " + from + " is not known to this check";
    if (!allowed_layers.contains(to) || known->second.contains(to)) return std::nullopt;
    return "src/" + from + " must not know src/" + to + " (" + included + ")";
}

std::optional<std::string> wrong_library(const std::string& file, const std::string& included) {
    for (const auto& library : wrapped_libraries) {
        const bool is_stray = included.starts_with(library.header) && file.starts_with("src/") &&
                              !file.starts_with(library.home) && !file.starts_with("src/boost/");
        if (is_stray) return included + " belongs in " + std::string(library.home) + " alone";
    }
    return std::nullopt;
}

void check_includes(const std::string& file, const std::vector<std::string>& lines, violations& found) {
    static const std::regex include(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
    for (std::size_t index = 0; index < lines.size(); ++index) {
        std::smatch match;
        if (!std::regex_search(lines[index], match, include)) continue;
        const bool is_ours = match[1] == "\"";
        const auto reason = is_ours ? wrong_layer(file, match[2]) : wrong_library(file, match[2]);
        if (reason) found.push_back({file, index + 1, *reason});
    }
}

// Columns are characters, not bytes.
std::size_t columns(const std::string& line) {
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

void check_sizes(const std::string& file, const std::vector<std::string>& lines, std::string_view text,
                 violations& found) {
    if (lines.size() > most_file_lines) {
        found.push_back({file, lines.size(), "the file has " + std::to_string(lines.size()) + " lines"});
    }
    for (std::size_t index = 0; index < lines.size(); ++index) {
        if (columns(lines[index]) > most_columns) found.push_back({file, index + 1, "the line is too long"});
    }
    for (const auto& block : function_bodies(text)) {
        const auto length = block.last_line - block.first_line + 1;
        if (length > most_function_lines) {
            found.push_back(
                {file, block.first_line, "the function has " + std::to_string(length) + " lines"});
        }
    }
}

void check_marks(const std::string& file, const std::vector<std::string>& lines, violations& found) {
    // In two pieces, so that this file passes its own check.
    static const std::regex marker(
        "\\b(TO"
        "DO|FIX"
        "ME|XX"
        "X|HA"
        "CK)\\b");
    static const std::regex machine_path(
        "(^|[\\s\"'=(])/(ho"
        "me|ro"
        "ot|wo"
        "rk|Us"
        "ers)/[A-Za-z0-9_.-]+");
    for (std::size_t index = 0; index < lines.size(); ++index) {
        if (std::regex_search(lines[index], marker)) found.push_back({file, index + 1, "a stray marker"});
        if (std::regex_search(lines[index], machine_path))
            found.push_back({file, index + 1, "a path of one machine"});
    }
}

void check_comments(const std::string& file, std::string_view text, violations& found) {
    for (const auto& comment : line_comments(text)) {
        if (looks_like_code(comment.text)) found.push_back({file, comment.line, "code in a comment"});
    }
}

}  // namespace

violations find_violations(const std::string& file, std::string_view text) {
    violations found;
    const auto lines = lines_of(text);
    check_includes(file, lines, found);
    check_sizes(file, lines, text, found);
    check_marks(file, lines, found);
    check_comments(file, text, found);
    return found;
}

violations find_text_violations(const std::string& file, std::string_view text) {
    violations found;
    check_marks(file, lines_of(text), found);
    return found;
}

std::vector<std::string> project_files(const std::filesystem::path& root) {
    static const std::set<std::string> folders{"src",        "tests", "bench", "cmake",  "scripts", "api",
                                               "migrations", "tools", "docs",  "deploy", ".ci"};
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
        // In a linked work tree .git is a file, which names a place of this machine.
        const bool is_ours = entry.is_regular_file() && entry.path().filename() != ".git";
        if (is_ours) files.push_back(entry.path().filename());
        if (!entry.is_directory() || !folders.contains(entry.path().filename())) continue;
        for (const auto& inner : std::filesystem::recursive_directory_iterator(entry)) {
            const auto relative = std::filesystem::relative(inner.path(), root).string();
            if (inner.is_regular_file() && !relative.contains("node_modules")) files.push_back(relative);
        }
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace delivery::tests
