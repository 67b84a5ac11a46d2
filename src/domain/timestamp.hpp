#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace delivery::domain {

/// A moment in UTC, to the microsecond, as both stores keep it.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// RFC 3339 in UTC with six decimals: 2025-11-03T00:32:55.534780Z. Years 0000 to 9999.
std::string to_rfc3339(timestamp time);
void append_rfc3339(std::string& out, timestamp time);

/// Reads what `to_rfc3339` writes, with none to six decimals; nothing for any other text.
std::optional<timestamp> parse_rfc3339(std::string_view text);

}  // namespace delivery::domain
