#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "postgres/schema.hpp"

namespace delivery::postgres {

/// Why migrations were refused, or which one failed and what state that left, in words for the operator.
class migration_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

using core::schema_status;

/// Brings a database's schema up or down. Blocks. One migrator works at a time; another waits for it, and
/// then finds the work done. Every call connects anew and throws migration_error.
class migrator {
public:
    /// `patience` is how long to wait for another migrator, and for a table that others use. All who use a
    /// table wait behind a migration that waits for it: so it waits for `lock_timeout` at a time, which must
    /// be short of what a request may take, and lets them go first in between.
    explicit migrator(std::string url, std::span<const core::migration> known = embedded_migrations(),
                      std::chrono::milliseconds patience = std::chrono::minutes(1),
                      std::chrono::milliseconds lock_timeout = std::chrono::seconds(1));

    /// Changes nothing and waits for nobody. A history that does not fit the files is an incompatibility.
    [[nodiscard]] schema_status status() const;

    /// Applies everything up to `to` or, without it, all. Answers what was run.
    std::vector<core::migration> up(std::optional<int> to) const;

    /// Undoes everything above `to` (0 for all) or, without it, the latest migration. Answers what was run.
    std::vector<core::migration> down(std::optional<int> to) const;

private:
    std::string url_;
    std::span<const core::migration> known_;
    std::chrono::milliseconds patience_;
    std::chrono::milliseconds lock_timeout_;
};

}  // namespace delivery::postgres
