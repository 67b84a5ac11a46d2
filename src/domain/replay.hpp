#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/order.hpp"

namespace delivery::domain {

/// What an order's history says that the order must be.
struct replayed_order {
    domain::status status = domain::status::received;
    std::int32_t version = 0;
    timestamp created_at;
    timestamp updated_at;
};

/// Replays a history, events by ascending version; nothing where it is empty.
std::optional<replayed_order> replay(std::span<const order_event> history);

/// Everything that is wrong with a history in itself: gaps, repeats, illegal steps, times that go backwards.
/// In words for the operator, one entry a fault.
std::vector<std::string> find_history_faults(std::span<const order_event> history);

}  // namespace delivery::domain
