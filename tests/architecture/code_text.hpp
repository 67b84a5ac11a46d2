#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace delivery::tests {

struct line_range {
    std::size_t first_line = 0;  ///< From 1, as editors count.
    std::size_t last_line = 0;
};

struct comment {
    std::size_t line = 0;
    std::string text;
};

/// The bodies of functions and lambdas, found by their braces: a `{` after the parameters or a trailing word
/// such as const, noexcept or override, but not those of control flow inside another body. Inner bodies are
/// not told apart.
std::vector<line_range> function_bodies(std::string_view text);

/// Every comment that begins with two slashes, without these.
std::vector<comment> line_comments(std::string_view text);

/// Whether a comment reads like a statement that was switched off.
bool looks_like_code(std::string_view comment);

}  // namespace delivery::tests
