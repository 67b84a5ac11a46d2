#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/order.hpp"
#include "ports/awaitable.hpp"

namespace delivery::ports {

/// An outbox row or a timer, as far as the audit looks at it. `overdue` is measured on the store's clock:
/// since the event was recorded, or since its order was imported or announced again, where that was later; or
/// since the timer was due; negative while it is not due yet.
struct audited_wait {
    std::int32_t version = 1;
    std::chrono::microseconds overdue{0};
};

/// Everything that is stored about one order id, read in one snapshot.
struct audited_order {
    domain::uuid id;
    std::optional<domain::order> order;  ///< Nothing where only other rows name this id. Status as stored.
    std::vector<domain::order_event> events;
    std::vector<audited_wait> outbox;
    std::vector<audited_wait> timers;
    /// What could not be read as the domain has it, such as an unknown status text.
    std::vector<std::string> unreadable;
};

struct audit_page {
    std::vector<audited_order> orders;  ///< By ascending id.
    std::optional<domain::uuid> next;   ///< Ask again from here (exclusive); nothing at the end.
};

class audit_store {
public:
    virtual ~audit_store() = default;

    /// All rows of the next `limit` or so order ids after `after`, orphans included.
    virtual awaitable<audit_page> audit(std::optional<domain::uuid> after, std::size_t limit) = 0;

    /// The number of orders, roughly, for showing progress.
    virtual awaitable<std::int64_t> estimate_orders() = 0;
};

}  // namespace delivery::ports
