#include "http/percent.hpp"

namespace delivery::http {
namespace {

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Whether RFC 3986 lets a character stand in a path; `%` where it begins an encoded byte is for the caller.
bool is_path_character(char c) {
    constexpr std::string_view marks = "-._~!$&'()*+,;=:@/";
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || marks.contains(c);
}

bool is_encoded_byte(std::string_view text) {
    return text.size() >= 3 && text[0] == '%' && digit_of(text[1]) >= 0 && digit_of(text[2]) >= 0;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        if (text.front() != '%') {
            result.push_back(text.front());
            text.remove_prefix(1);
            continue;
        }
        if (!is_encoded_byte(text)) return std::nullopt;
        result.push_back(static_cast<char>(digit_of(text[1]) * 16 + digit_of(text[2])));
        text.remove_prefix(3);
    }
    return result;
}

std::string sanitize_path(std::string_view path) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    result.reserve(path.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (is_path_character(path[i]) || is_encoded_byte(path.substr(i))) {
            result.push_back(path[i]);
        } else {
            const auto byte = static_cast<unsigned char>(path[i]);
            result.append({'%', digits[byte >> 4U], digits[byte & 0xfU]});
        }
    }
    return result;
}

}  // namespace delivery::http
