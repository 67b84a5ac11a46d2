#include "domain/order_text.hpp"

#include <cstdint>

#include <fmt/format.h>

namespace delivery::domain {
namespace {

constexpr char32_t malformed = 0xffffffff;

struct sequence_form {
    std::size_t continuations;
    char32_t lead_bits;
    char32_t least;
};

/// What a lead byte announces; no continuations and nothing to add for ASCII and malformed leads.
sequence_form form_of(unsigned char lead) {
    if (lead >= 0xc2 && lead <= 0xdf) return {1, lead & 0x1fU, 0x80};
    if (lead >= 0xe0 && lead <= 0xef) return {2, lead & 0x0fU, 0x800};
    if (lead >= 0xf0 && lead <= 0xf4) return {3, lead & 0x07U, 0x10000};
    return {0, lead < 0x80 ? lead : malformed, 0};
}

/// Takes one code point from the front, or answers `malformed`.
char32_t take_code_point(std::string_view& text) {
    const auto form = form_of(static_cast<unsigned char>(text.front()));
    text.remove_prefix(1);
    char32_t value = form.lead_bits;
    if (value == malformed || text.size() < form.continuations) return malformed;
    for (std::size_t i = 0; i < form.continuations; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0) != 0x80) return malformed;
        value = value << 6 | (byte & 0x3fU);
    }
    text.remove_prefix(form.continuations);
    const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
    return value < form.least || is_surrogate || value > 0x10ffff ? malformed : value;
}

/// The Unicode property White_Space.
bool is_white_space(char32_t c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

/// What is learnt about a text in one pass.
struct measure {
    bool well_formed = true;
    bool has_nul = false;
    std::size_t trimmed_length = 0;
};

measure measure_text(std::string_view text) {
    measure result;
    std::size_t position = 0;
    std::size_t first = 0;
    std::size_t past_last = 0;
    while (!text.empty()) {
        const auto c = take_code_point(text);
        if (c == malformed) return {.well_formed = false};
        result.has_nul = result.has_nul || c == 0;
        if (!is_white_space(c)) {
            if (past_last == 0) first = position;
            past_last = position + 1;
        }
        ++position;
    }
    result.trimmed_length = past_last - first;
    return result;
}

}  // namespace

std::optional<std::string> find_text_fault(std::string_view text, std::size_t maximum) {
    const auto found = measure_text(text);
    if (!found.well_formed) return "String must be well-formed Unicode without lone surrogates";
    if (found.has_nul) return "String must not contain the NUL character";
    if (found.trimmed_length == 0) return "String must have at least 1 character that is not white space";
    if (found.trimmed_length > maximum) return fmt::format("String must have at most {} characters", maximum);
    return std::nullopt;
}

bool is_utf8(std::string_view text) { return measure_text(text).well_formed; }

}  // namespace delivery::domain
