#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace delivery::core {

/// A migration's script as it is embedded in the binary: NNNN_name.up.sql or NNNN_name.down.sql.
struct migration_file {
    std::string_view name;
    std::string_view bytes;
    std::string_view sha256;  ///< Of the bytes, in hexadecimal.
};

/// One version of the schema: how to get there from the one before, and back. The first lines of a script may
/// be options: `-- delivery: no-transaction` (the script is then one single statement, run by itself), and in
/// an up script `-- delivery: oldest-binary N` (binaries that know schema N still work on this one; by
/// default none does).
struct migration {
    int version = 0;
    std::string name;  ///< NNNN_name
    std::string up_sql;
    std::string down_sql;
    bool up_in_transaction = true;
    bool down_in_transaction = true;
    int oldest_binary = 0;
    std::string checksum;  ///< Of the up script. A down script may be corrected after the fact.
};

/// A row of `schema_migrations`.
struct applied_migration {
    int version = 0;
    std::string name;
    std::string checksum;
    int oldest_binary = 0;
    bool finished =
        true;  ///< False where a script without a transaction was begun and never came to its end.
};

/// Where a database stands.
struct schema_status {
    std::vector<applied_migration> applied;
    std::vector<migration> pending;  ///< What `up` would run.
    /// Why this binary cannot work on it; nothing where it can.
    std::optional<std::string> incompatibility;
};

/// Pairs the scripts and reads their options. Versions must be 1, 2, 3 … and each must have both scripts.
/// Fails with the name of the file that is wrong, missing or too many.
std::expected<std::vector<migration>, std::string> read_migrations(std::span<const migration_file> files);

/// What `migrate up` has to run, in order; up to `to` or, without it, everything. Empty where there is
/// nothing to do, also on a newer schema that admits this binary. Fails, naming the file, where the history
/// does not fit the files. Both lists are by ascending version, here and below.
std::expected<std::vector<migration>, std::string> plan_up(std::span<const migration> known,
                                                           std::span<const applied_migration> applied,
                                                           std::optional<int> to);

/// What `migrate down` has to undo, newest first: everything above `to` (0 for all) or, without it, one
/// migration.
std::expected<std::vector<migration>, std::string> plan_down(std::span<const migration> known,
                                                             std::span<const applied_migration> applied,
                                                             std::optional<int> to);

/// Why this binary cannot work on a schema with this history, in words for the operator; nothing where it
/// can.
std::optional<std::string> find_incompatibility(std::span<const migration> known,
                                                std::span<const applied_migration> applied);

/// Where a database with this history stands. A history that does not fit the files is an incompatibility.
schema_status find_status(std::span<const migration> known, std::vector<applied_migration> applied);

}  // namespace delivery::core
