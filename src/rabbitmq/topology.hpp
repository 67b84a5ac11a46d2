#pragma once

#include <string_view>

namespace delivery::rabbitmq {

class connection;

inline constexpr std::string_view event_exchange = "delivery.events";
/// A fanout: dead letters have one destination, whatever their routing key.
inline constexpr std::string_view dead_letter_exchange = "delivery.dead-letter";
inline constexpr std::string_view worker_queue = "delivery.worker";
inline constexpr std::string_view dead_letter_queue = "delivery.worker.dead-letter";

/// Declares all exchanges, queues and bindings (api/asyncapi.yaml); those that exist already stay as they
/// are. Throws `connection_error`, with `is_misdeclared` where one exists with other properties.
void declare_topology(connection& link);

}  // namespace delivery::rabbitmq
