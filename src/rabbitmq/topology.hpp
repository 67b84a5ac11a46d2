#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace delivery::rabbitmq {

class connection;

inline constexpr std::string_view event_exchange = "delivery.events";
/// A fanout: dead letters have one destination, whatever their routing key.
inline constexpr std::string_view dead_letter_exchange = "delivery.dead-letter";
inline constexpr std::string_view worker_queue = "delivery.worker";
inline constexpr std::string_view dead_letter_queue = "delivery.worker.dead-letter";

/// How often a queue delivers a message before it drops it, as the argument of the declaration; nothing
/// leaves it to the broker.
using delivery_limit = std::optional<std::int32_t>;

/// The limit to declare queues with, and the one that those may have which are there already: a broker
/// compares it, and its major versions need different ones.
struct delivery_limits {
    delivery_limit wanted;
    delivery_limit accepted;
};

/// None, on a broker of this major version.
delivery_limits unlimited_on(int broker_version);

/// Declares all exchanges, queues and bindings (api/asyncapi.yaml); those that exist already stay as they
/// are. Answers the queues that have the accepted limit instead of the wanted one. Throws `connection_error`,
/// with `is_misdeclared` where something exists with other properties.
std::vector<std::string_view> declare_topology(connection& link, const delivery_limits& limits);

}  // namespace delivery::rabbitmq
