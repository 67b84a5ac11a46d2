#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace delivery::domain {

/// Where an order stands. Stored and sent as text, so the numbers are free to change.
enum class status : std::uint8_t { received, in_transit, delivered };

/// The name of a status in JSON, SQL and messages: RECEIVED, IN_TRANSIT, DELIVERED.
std::string_view to_string(status value);

/// Reads a status's name; nothing for any other text, a different case included.
std::optional<status> parse_status(std::string_view text);

}  // namespace delivery::domain
