#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "domain/order.hpp"
#include "ports/awaitable.hpp"

namespace delivery::ports {

/// An order with a past: how it stands, and the events that brought it there, by version.
struct imported_order {
    domain::order order;
    std::vector<domain::order_event> events;
};

class import_store {
public:
    virtual ~import_store() = default;

    /// Stores each order with its whole history, all in one transaction, with ids and times as given. An
    /// unfinished order's latest event goes into the outbox, so that workers go on with it. An order whose id
    /// is already stored is left as it is, and writes nothing. Answers how many were stored. Throws
    /// `store_error`.
    virtual awaitable<std::size_t> import_orders(std::span<const imported_order> orders) = 0;
};

}  // namespace delivery::ports
