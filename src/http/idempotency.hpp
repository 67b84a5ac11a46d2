#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "ports/order_store.hpp"

namespace delivery::http {

/// The request's Idempotency-Key with the SHA-256 of its body; nothing where none was sent. A key is 1 to 255
/// printable ASCII characters, plain or as the quoted string of the IETF draft, which stands for the same
/// key. Otherwise what is wrong with it.
std::expected<std::optional<ports::idempotency_key>, std::string> read_idempotency_key(
    const request& request);

}  // namespace delivery::http
