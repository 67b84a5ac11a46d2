#include "domain/status.hpp"

#include <array>
#include <utility>

namespace delivery::domain {
namespace {

constexpr std::array<std::pair<status, std::string_view>, 3> names{{
    {status::received, "RECEIVED"},
    {status::in_transit, "IN_TRANSIT"},
    {status::delivered, "DELIVERED"},
}};

}  // namespace

std::string_view to_string(status value) {
    for (const auto& [candidate, name] : names) {
        if (candidate == value) return name;
    }
    std::unreachable();
}

std::optional<status> parse_status(std::string_view text) {
    for (const auto& [value, name] : names) {
        if (name == text) return value;
    }
    return std::nullopt;
}

}  // namespace delivery::domain
