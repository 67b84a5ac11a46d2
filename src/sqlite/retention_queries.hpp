#pragma once

#include "ports/retention_store.hpp"
#include "sqlite/connection.hpp"

// The SQL of `ports::retention_store`, within the caller's transaction.
namespace delivery::sqlite {

ports::purge_result purge_orders(connection& db, const ports::purge_request& request, domain::timestamp now);

}  // namespace delivery::sqlite
