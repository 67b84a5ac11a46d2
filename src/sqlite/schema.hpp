#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/migration_plan.hpp"
#include "sqlite/connection.hpp"

namespace delivery::sqlite {

/// What was applied to this database, by version; nothing on one that was never migrated.
std::vector<core::applied_migration> read_applied(connection& db);

/// Why this binary cannot work on the schema, in words for the operator.
std::optional<std::string> find_schema_fault(connection& db);

}  // namespace delivery::sqlite
