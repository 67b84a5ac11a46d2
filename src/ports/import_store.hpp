#pragma once

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

enum class import_outcome {
    taken,
    already_there,  ///< An order with this id was stored before, and nothing was written.
};

class import_store {
public:
    virtual ~import_store() = default;

    /// Stores each order with its whole history, all in one transaction, with ids and times as given. An
    /// unfinished order's latest event goes into the outbox, so that workers go on with it; it counts as
    /// announced again now, however old the event is. Answers for each order, in that sequence; of several
    /// with one id the first counts. Throws `store_error`.
    virtual awaitable<std::vector<import_outcome>> import_orders(std::span<const imported_order> orders) = 0;
};

}  // namespace delivery::ports
