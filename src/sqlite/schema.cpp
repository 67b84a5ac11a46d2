#include "sqlite/schema.hpp"

#include <stdexcept>

#include "embedded/delivery_sqlite.hpp"
#include "sqlite/migrator.hpp"
#include "sqlite/query.hpp"

namespace delivery::sqlite {
namespace {

std::vector<core::migration> read_embedded() {
    std::vector<core::migration_file> files;
    for (const auto& file : embedded::embedded_files()) {
        files.push_back({.name = file.name, .bytes = file.bytes, .sha256 = file.sha256});
    }
    auto read = core::read_migrations(files);
    if (!read) throw std::logic_error("embedded migrations: " + read.error());
    return std::move(*read);
}

}  // namespace

std::span<const core::migration> embedded_migrations() {
    static const auto migrations = read_embedded();
    return migrations;
}

std::vector<core::applied_migration> read_applied(connection& db) {
    query table(db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'");
    if (!table.step()) return {};
    query row(
        db,
        "SELECT version, name, checksum, oldest_binary, finished FROM schema_migrations ORDER BY version");
    std::vector<core::applied_migration> applied;
    while (row.step()) {
        applied.push_back({.version = row.version(0),
                           .name = std::string(row.text(1)),
                           .checksum = std::string(row.text(2)),
                           .oldest_binary = row.version(3),
                           .finished = row.integer(4) != 0});
    }
    return applied;
}

std::optional<std::string> find_schema_fault(connection& db) {
    return core::find_incompatibility(embedded_migrations(), read_applied(db));
}

}  // namespace delivery::sqlite
