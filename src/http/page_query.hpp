#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "ports/order_store.hpp"

namespace delivery::http {

inline constexpr std::size_t page_limit_default = 20;
inline constexpr std::size_t page_limit_max = 100;

/// Reads status, limit and cursor of GET /orders from a query, still encoded; other parameters are ignored. Otherwise
/// what is wrong, in words for the client.
std::expected<ports::page_request, std::string> parse_page_query(std::string_view query);

/// A position as an opaque text in base64url. It carries a version and a checksum, so that what was cut short or made
/// up is noticed; it guards no secret.
std::string encode_cursor(const ports::page_position& position);

/// Reads what `encode_cursor` writes; nothing for any other text.
std::optional<ports::page_position> decode_cursor(std::string_view text);

}  // namespace delivery::http
