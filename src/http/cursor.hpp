#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ports/order_store.hpp"

namespace delivery::http {

/// A position as an opaque text in base64url. It carries a version and a checksum, so that what was cut short
/// or made up is noticed; it guards no secret.
std::string encode_cursor(const ports::page_position& position);

/// Reads what `encode_cursor` writes; nothing for any other text.
std::optional<ports::page_position> decode_cursor(std::string_view text);

}  // namespace delivery::http
