#pragma once

#include <cstdint>
#include <optional>

#include "ports/audit_store.hpp"
#include "sqlite/connection.hpp"

// The SQL of `ports::audit_store`, within the caller's snapshot.
namespace delivery::sqlite {

ports::audit_page read_audit_page(connection& db, std::optional<domain::uuid> after, std::size_t limit,
                                  domain::timestamp now);

std::int64_t count_orders(connection& db);

}  // namespace delivery::sqlite
