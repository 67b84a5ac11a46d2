#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace delivery::runtime {

/// No text in a log line is longer than this; the rest is cut off, with … in its place.
inline constexpr std::size_t longest_log_text = 4096;

/// Appends a JSON string with its quotes. Whatever the bytes, the result is valid JSON and UTF-8 on one line,
/// and harmless to a terminal: control characters and those that turn the direction of text are escaped, and
/// what is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& line, std::string_view text);

/// Appends text as it is for people, as safe as the above; quotes in it stay as they are. In quotes itself,
/// as a JSON string, where `quote` is set and it would not stand for one word otherwise.
void append_readable(std::string& line, std::string_view text, bool quote);

/// The same, for a command's output: text of a server or a database, as it may reach a terminal.
std::string readable(std::string_view text);

}  // namespace delivery::runtime
