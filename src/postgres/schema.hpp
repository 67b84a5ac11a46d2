#pragma once

#include <span>

#include "core/migration_plan.hpp"

namespace delivery::postgres {

/// The migrations that this binary knows, from migrations/postgres, by version.
std::span<const core::migration> embedded_migrations();

/// What was applied, oldest first: version, name, checksum, oldest_binary, finished.
inline constexpr const char* read_history =
    "SELECT version, name, checksum, oldest_binary, finished FROM schema_migrations ORDER BY version";

}  // namespace delivery::postgres
