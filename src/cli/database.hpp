#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/migration_plan.hpp"
#include "ports/clock.hpp"
#include "ports/logger.hpp"
#include "ports/store.hpp"
#include "runtime/configuration.hpp"

namespace delivery::cli {

/// The configured database as a process uses it: where stores come from.
class database {
public:
    virtual ~database() = default;
    virtual std::unique_ptr<ports::store> make_store(executor where) = 0;
};

/// A relay's lanes, leases and gauges, and a health check, may all ask at the same time.
inline constexpr std::size_t connections_per_store = 4;

enum class access { write, read };

/// Opens an SQLite file, or takes note of a PostgreSQL server without connecting yet. Throws `usage_error`
/// where the file cannot be opened or another process writes it. Logger and clock must outlive it.
std::unique_ptr<database> open_database(const runtime::configuration& settings, access wanted,
                                        ports::logger& logger, ports::clock& clock);

/// The schema of the configured database: `delivery migrate`. Blocks. All throw `work_failed` where the
/// database cannot be reached, or does not fit the migrations that this binary knows.
class schema {
public:
    virtual ~schema() = default;

    virtual core::schema_status status() = 0;
    /// Both answer what was run, in that order.
    virtual std::vector<core::migration> up(std::optional<int> to) = 0;
    virtual std::vector<core::migration> down(std::optional<int> to) = 0;
};

std::unique_ptr<schema> open_schema(const runtime::configuration& settings);

}  // namespace delivery::cli
