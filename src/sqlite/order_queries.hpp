#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ports/import_store.hpp"
#include "ports/order_store.hpp"
#include "sqlite/connection.hpp"

// The SQL of `ports::order_store` and `ports::import_store`, within the caller's transaction.
namespace delivery::sqlite {

std::vector<ports::create_result> create_orders(connection& db, std::span<const ports::new_order> orders,
                                                domain::timestamp now);

std::vector<std::optional<domain::order>> find_orders(connection& db, std::span<const domain::uuid> ids);

std::vector<std::optional<std::vector<domain::order_event>>> find_histories(
    connection& db, std::span<const domain::uuid> ids);

std::vector<domain::order> list_orders(connection& db, const ports::page_request& request);

std::vector<ports::import_outcome> import_orders(connection& db,
                                                 std::span<const ports::imported_order> orders,
                                                 domain::timestamp now);

}  // namespace delivery::sqlite
