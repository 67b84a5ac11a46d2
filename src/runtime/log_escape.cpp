#include "runtime/log_escape.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>

#include <fmt/format.h>

namespace delivery::runtime {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

enum class quoted { no, yes };

/// Whether a byte stands for itself, quoted or not.
constexpr auto plain_bytes = [] {
    std::array<bool, 256> plain{};
    for (std::size_t byte = 0x20; byte < 0x7f; ++byte) plain[byte] = byte != '"' && byte != '\\';
    return plain;
}();

bool is_plain(char c) { return plain_bytes[static_cast<unsigned char>(c)]; }

/// Whether eight bytes are all plain, in one go: most of a log line is.
bool are_plain(const char* bytes) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t high_bits = 0x80 * ones;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    // Sets the high bit of a byte, though not only there, where some byte is below `limit`.
    const auto has_below = [](std::uint64_t value, std::uint64_t limit) {
        return (value - limit * ones) & ~value;
    };
    const auto has = [&](std::uint64_t byte) { return has_below(word ^ (byte * ones), 1); };
    return ((word | has_below(word, 0x20) | has('"') | has('\\') | has(0x7f)) & high_bits) == 0;
}

std::size_t plain_length(std::string_view text) {
    std::size_t length = 0;
    while (length + 8 <= text.size() && are_plain(text.data() + length)) length += 8;
    while (length < text.size() && is_plain(text[length])) ++length;
    return length;
}

unsigned byte_at(std::string_view text, std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
}

/// The length of the well-formed UTF-8 sequence of several bytes at the front of `text`; 0 where there is
/// none. Source: Unicode 15, table 3-7.
std::size_t sequence_length(std::string_view text) {
    const auto first = byte_at(text, 0);
    const auto second = byte_at(text, 1);
    const auto continues = [&](std::size_t index) { return (byte_at(text, index) & 0xC0U) == 0x80U; };
    if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const auto low = first == 0xE0 ? 0xA0U : 0x80U;
        const auto high = first == 0xED ? 0x9FU : 0xBFU;
        return second >= low && second <= high && continues(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const auto low = first == 0xF0 ? 0x90U : 0x80U;
        const auto high = first == 0xF4 ? 0x8FU : 0xBFU;
        return second >= low && second <= high && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

void append_escape(std::string& line, unsigned code_point) {
    switch (code_point) {
        case '"': line += "\\\""; return;
        case '\\': line += "\\\\"; return;
        case '\n': line += "\\n"; return;
        case '\r': line += "\\r"; return;
        case '\t': line += "\\t"; return;
        default: fmt::format_to(std::back_inserter(line), "\\u{:04x}", code_point);
    }
}

/// Whether a character of three bytes ends a line for some readers, or turns the direction in which what
/// follows is shown: U+2028 to U+202E, U+200E, U+200F, U+2066 to U+2069.
bool is_layout_control(std::string_view sequence) {
    if (sequence.size() != 3 || byte_at(sequence, 0) != 0xE2) return false;
    const auto second = byte_at(sequence, 1);
    const auto third = byte_at(sequence, 2);
    if (second == 0x80) return third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE);
    return second == 0x81 && third >= 0xA6 && third <= 0xA9;
}

/// Appends the character at the front of `text`, which is not a plain one, and answers how many bytes it
/// took.
std::size_t append_special(std::string& line, std::string_view text, quoted how) {
    const auto first = byte_at(text, 0);
    if (first == '"' && how == quoted::no) {
        line += '"';
        return 1;
    }
    if (first < 0x80) {
        append_escape(line, first);
        return 1;
    }
    const auto length = sequence_length(text);
    const auto is_c1_control = length == 2 && first == 0xC2 && byte_at(text, 1) < 0xA0;
    if (is_c1_control) {
        append_escape(line, byte_at(text, 1));
    } else if (is_layout_control(text.substr(0, length))) {
        append_escape(line, 0x2000U | (byte_at(text, 1) & 0x3FU) << 6U | (byte_at(text, 2) & 0x3FU));
    } else {
        line += length == 0 ? replacement : text.substr(0, length);
    }
    return std::max<std::size_t>(length, 1);
}

void append_escaped(std::string& line, std::string_view text, quoted how) {
    const auto kept = text.substr(0, longest_log_text);
    for (std::size_t i = 0; i < kept.size();) {
        const auto length = plain_length(kept.substr(i));
        line.append(kept, i, length);
        i += length;
        if (i < kept.size()) i += append_special(line, kept.substr(i), how);
    }
    if (kept.size() < text.size()) line += "…";
}

}  // namespace

void append_json_string(std::string& line, std::string_view text) {
    line += '"';
    append_escaped(line, text, quoted::yes);
    line += '"';
}

void append_readable(std::string& line, std::string_view text, bool quote) {
    const auto needs_quotes = quote && (text.empty() || text.find_first_of(" =\"") != std::string_view::npos);
    if (needs_quotes) {
        append_json_string(line, text);
    } else {
        append_escaped(line, text, quoted::no);
    }
}

std::string readable(std::string_view text) {
    std::string result;
    append_readable(result, text, false);
    return result;
}

}  // namespace delivery::runtime
