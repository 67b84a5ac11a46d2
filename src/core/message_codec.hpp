#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "ports/bus.hpp"

namespace delivery::core {

/// The body of a message: {"event_id","order_id","status","version","timestamp"}, and nothing about the
/// customer.
std::string encode_body(const domain::order_event& event);

/// Reads what `encode_body` writes; unknown members are ignored. Otherwise the reason why this message can
/// never succeed, such as "body is not JSON" or "unknown status"; it quotes nothing of the body.
std::expected<domain::order_event, std::string> decode_body(std::string_view body);

/// order.received, order.in_transit, order.delivered.
std::string_view routing_key(domain::status status);

/// delivery.order.received … : the CloudEvents type.
std::string_view event_type(domain::status status);

/// Whether a worker must hear of this status: such messages are published `mandatory`.
bool has_consumer(domain::status status);

}  // namespace delivery::core
