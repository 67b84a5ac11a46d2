#pragma once

#include "domain/order.hpp"
#include "postgres/rows.hpp"

namespace delivery::postgres {

/// Reads columns id, customer_name, address, status, version, created_at, updated_at, from the given one on.
domain::order read_order(const rows& from, int row, int first_column = 0);

/// Reads columns id, order_id, version, status, recorded_at, from the given one on.
domain::order_event read_event(const rows& from, int row, int first_column = 0);

}  // namespace delivery::postgres
