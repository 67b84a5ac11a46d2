#pragma once

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/migration_plan.hpp"

namespace delivery::sqlite {

/// Why migrations were refused, or which one failed, in words for the operator. Each migration is a
/// transaction: one that failed left nothing behind, and those before it stay.
class migration_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The migrations that this binary knows, from migrations/sqlite, by version.
std::span<const core::migration> embedded_migrations();

using core::schema_status;

/// Brings the schema of one file up or down. `up` and `down` hold the lock of the process that writes, so
/// they never run beside a service or each other: that throws `open_error`, as does a file that cannot be
/// opened.
class migrator {
public:
    explicit migrator(std::string path, std::span<const core::migration> known = embedded_migrations());

    /// Also beside a running service. A file that does not exist yet has nothing applied. Throws
    /// `migration_error` where the history does not fit the files.
    [[nodiscard]] schema_status status() const;

    /// Applies everything up to `to` or, without it, all; creates the file. Answers what was run.
    std::vector<core::migration> up(std::optional<int> to) const;

    /// Undoes everything above `to` (0 for all) or, without it, the latest migration. Answers what was run.
    std::vector<core::migration> down(std::optional<int> to) const;

private:
    std::string path_;
    std::span<const core::migration> known_;
};

}  // namespace delivery::sqlite
