#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "ports/awaitable.hpp"
#include "ports/order_store.hpp"

namespace delivery::ports {

/// Which finished orders may go, and whether they do.
struct purge_request {
    std::chrono::milliseconds age{0};         ///< Finished for longer than this, on the store's clock.
    std::optional<page_position> after = {};  ///< Go on after this order; nothing: from the oldest on.
    bool only_counts = false;                 ///< Says what would be deleted, and deletes nothing.
};

struct purge_result {
    std::size_t orders = 0;             ///< Deleted, or found to be ready for it, by this call.
    std::optional<page_position> next;  ///< Ask again from here; nothing at the end.
};

class retention_store {
public:
    virtual ~retention_store() = default;

    /// Deletes finished orders together with their histories, in one transaction. Looks at a bounded number
    /// of orders, the oldest first. Left alone are orders for which an outbox row or a timer remains, and
    /// those that another transaction has right now. Throws `store_error`.
    virtual awaitable<purge_result> purge_orders(const purge_request& request) = 0;
};

}  // namespace delivery::ports
