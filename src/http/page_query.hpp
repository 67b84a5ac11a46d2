#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "ports/order_store.hpp"

namespace delivery::http {

inline constexpr std::size_t page_limit_default = 20;
inline constexpr std::size_t page_limit_max = 100;

/// Reads status, limit and cursor of GET /orders from a query, still encoded; other parameters are ignored.
/// Otherwise what is wrong, in words for the client.
std::expected<ports::page_request, std::string> parse_page_query(std::string_view query);

}  // namespace delivery::http
