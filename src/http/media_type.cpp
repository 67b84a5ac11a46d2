#include "http/media_type.hpp"

#include <algorithm>

#include "http/message.hpp"

namespace delivery::http {
namespace {

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view take_part(std::string_view& list, char separator) {
    const auto part = list.substr(0, list.find(separator));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    return trim(part);
}

bool is_json_type(std::string_view type) {
    constexpr std::string_view prefix = "application/";
    constexpr std::string_view suffix = "+json";
    if (equals_ignoring_case(type, "application/json")) return true;
    return type.size() > prefix.size() + suffix.size() &&
           equals_ignoring_case(type.substr(0, prefix.size()), prefix) &&
           equals_ignoring_case(type.substr(type.size() - suffix.size()), suffix);
}

}  // namespace

bool is_json_media_type(std::string_view content_type) {
    if (!is_json_type(take_part(content_type, ';'))) return false;
    while (!content_type.empty()) {
        auto value = take_part(content_type, ';');
        const auto name = take_part(value, '=');
        if (!equals_ignoring_case(name, "charset")) continue;
        value = trim(value);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        if (!equals_ignoring_case(value, "utf-8")) return false;
    }
    return true;
}

}  // namespace delivery::http
