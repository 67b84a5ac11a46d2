#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ports/logger.hpp"

namespace delivery::runtime {

/// The text without white space at either end.
std::string_view trim(std::string_view text);

/// ASCII letters in lower case, the rest as it is.
std::string to_lower(std::string_view text);

/// A whole number in decimal, from `minimum` to `maximum`; nothing for any other text.
std::optional<std::uint32_t> parse_whole_number(std::string_view text, std::uint32_t minimum,
                                                std::uint32_t maximum);

/// `0`, or a decimal number followed by ms, s, m or h, rounded to the millisecond (but never to zero).
/// Nothing for any other text and above a year.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// true, 1, yes, on, false, 0, no, off, in any case.
std::optional<bool> parse_boolean(std::string_view text);

/// trace, debug, info, warning (or warn), error, in any case.
std::optional<ports::log_level> parse_log_level(std::string_view text);

/// The IP address to listen on: an address as it is, and 127.0.0.1 for `localhost`.
std::optional<std::string> parse_listen_address(std::string_view text);

/// Fit to be a label, a log field and a user agent: 1 to 64 printable ASCII characters.
std::optional<std::string> parse_name(std::string_view text);

}  // namespace delivery::runtime
