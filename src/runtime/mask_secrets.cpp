#include "runtime/mask_secrets.hpp"

#include <algorithm>

#include "runtime/configuration_values.hpp"

namespace delivery::runtime {
namespace {

constexpr std::string_view mask = "***";

/// Where the part begins that may hold user information: behind `scheme://`, `scheme:` or at the start.
std::size_t find_user(std::string_view text) {
    const auto slashes = text.find("://");
    return slashes == std::string_view::npos ? 0 : slashes + 3;
}

bool is_port_and_path(std::string_view text) {
    const auto port = text.substr(0, std::min(text.find_first_of("/?,"), text.size()));
    return port.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Replaces the password before the last @. A password that was not encoded may hold any character, @
/// included.
std::string mask_user(std::string_view text) {
    const auto start = find_user(text);
    const auto at = text.rfind('@');
    const auto colon = text.find(':', start);
    const auto has_user = at != std::string_view::npos && at >= start;
    if (has_user && (colon == std::string_view::npos || colon > at)) return std::string(text);
    if (has_user) return std::string(text.substr(0, colon + 1)).append(mask).append(text.substr(at));
    const auto is_url = start > 0;
    // user:password with its @host forgotten.
    if (is_url && colon != std::string_view::npos && text[start] != '[' &&
        !is_port_and_path(text.substr(colon + 1))) {
        return std::string(text.substr(0, colon + 1)).append(mask);
    }
    return std::string(text);
}

}  // namespace

std::string mask_secrets(std::string_view text) {
    constexpr std::string_view key = "password=";
    auto masked = mask_user(text);
    auto lower = to_lower(masked);
    for (auto found = lower.find(key); found != std::string::npos; found = lower.find(key, found)) {
        const auto value = found + key.size();
        const auto quoted = value < masked.size() && masked[value] == '\'';
        const auto end = quoted ? masked.find('\'', value + 1) : masked.find_first_of("& ;", value);
        masked.replace(value, end == std::string::npos ? end : end - value, mask);
        lower = to_lower(masked);
        found = value;
    }
    return masked;
}

}  // namespace delivery::runtime
