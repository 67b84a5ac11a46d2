#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/timestamp.hpp"

namespace delivery::ports {

/// An event of the earlier service, as it stands in its database.
struct legacy_event {
    std::string id;
    std::string status;
    std::optional<domain::timestamp> time;
};

/// An order of the earlier service (the Python one), with its events in no certain sequence.
struct legacy_order {
    std::string id;
    std::string customer_name;
    std::string address;
    std::string status;
    std::optional<domain::timestamp> created_at;
    std::vector<legacy_event> events = {};
};

/// The database of the earlier service, which may be at work meanwhile. Blocks. Changes nothing there. Both
/// throw `store_error`.
class legacy_orders {
public:
    virtual ~legacy_orders() = default;

    /// The next orders by id, each with its events of the same moment; empty at the end.
    virtual std::vector<legacy_order> next(std::size_t limit) = 0;

    /// How many of its events it has still to publish; below 0 where that cannot be told.
    virtual std::int64_t unpublished() = 0;
};

}  // namespace delivery::ports
