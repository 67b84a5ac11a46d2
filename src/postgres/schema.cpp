#include "postgres/schema.hpp"

#include <stdexcept>

#include "embedded/delivery_postgres.hpp"

namespace delivery::postgres {
namespace {

std::vector<core::migration> read_embedded() {
    std::vector<core::migration_file> files;
    for (const auto& file : embedded::embedded_files()) {
        files.push_back({.name = file.name, .bytes = file.bytes, .sha256 = file.sha256});
    }
    auto migrations = core::read_migrations(files);
    if (!migrations) throw std::logic_error("embedded migrations: " + migrations.error());
    return std::move(*migrations);
}

}  // namespace

std::span<const core::migration> embedded_migrations() {
    static const auto migrations = read_embedded();
    return migrations;
}

}  // namespace delivery::postgres
