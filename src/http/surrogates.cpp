#include "http/surrogates.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace delivery::http {
namespace {

constexpr std::size_t escape_size = 6;  // \uXXXX

/// The code unit of an escape that a text begins with.
std::optional<std::uint16_t> leading_escape(std::string_view text) {
    if (text.size() < escape_size || !text.starts_with("\\u")) return std::nullopt;
    std::uint16_t unit = 0;
    const auto* end = text.data() + escape_size;
    const auto [stopped, error] = std::from_chars(text.data() + 2, end, unit, 16);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return unit;
}

bool is_high(std::uint16_t unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool is_low(std::uint16_t unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

void append_spelt_out(std::string& out, std::uint16_t unit) {
    out.push_back(static_cast<char>(0xe0 | unit >> 12U));
    out.push_back(static_cast<char>(0x80 | (unit >> 6U & 0x3fU)));
    out.push_back(static_cast<char>(0x80 | (unit & 0x3fU)));
}

}  // namespace

std::string spell_out_lone_surrogates(std::string_view json_text) {
    std::string result;
    result.reserve(json_text.size());
    while (!json_text.empty()) {
        std::size_t size = 1;
        if (json_text.front() == '\\') {
            const auto unit = leading_escape(json_text);
            const auto next = unit ? leading_escape(json_text.substr(escape_size)) : std::nullopt;
            const bool is_pair = unit && next && is_high(*unit) && is_low(*next);
            // Any other escape is two characters, the second of which may be a backslash.
            size = is_pair ? 2 * escape_size : unit ? escape_size : 2;
            if (unit && !is_pair && (is_high(*unit) || is_low(*unit))) {
                append_spelt_out(result, *unit);
                json_text.remove_prefix(size);
                continue;
            }
        }
        result.append(json_text.substr(0, size));
        json_text.remove_prefix(std::min(size, json_text.size()));
    }
    return result;
}

}  // namespace delivery::http
