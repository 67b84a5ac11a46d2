#include "postgres/order_rows.hpp"

namespace delivery::postgres {

domain::order read_order(const rows& from, int row, int first_column) {
    return {.id = from.uuid(row, first_column),
            .customer_name = from.text(row, first_column + 1),
            .address = from.text(row, first_column + 2),
            .status = from.status(row, first_column + 3),
            .version = from.int32(row, first_column + 4),
            .created_at = from.timestamp(row, first_column + 5),
            .updated_at = from.timestamp(row, first_column + 6)};
}

domain::order_event read_event(const rows& from, int row, int first_column) {
    return {.id = from.uuid(row, first_column),
            .order_id = from.uuid(row, first_column + 1),
            .version = from.int32(row, first_column + 2),
            .status = from.status(row, first_column + 3),
            .recorded_at = from.timestamp(row, first_column + 4)};
}

}  // namespace delivery::postgres
