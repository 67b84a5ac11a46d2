#pragma once

#include <memory>
#include <string>

#include "ports/legacy_orders.hpp"

namespace delivery::postgres {

/// Connects to the database of the earlier service: tables orders, order_events and outbox_events, ids as
/// text or uuid, times with a zone or in UTC without one. Throws `store_error`, which names the table or
/// column that is missing.
std::unique_ptr<ports::legacy_orders> open_legacy(const std::string& url);

}  // namespace delivery::postgres
