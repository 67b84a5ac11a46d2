#include "sqlite/query.hpp"

#include <sqlite3.h>

#include <limits>

#include "sqlite/failure.hpp"

namespace delivery::sqlite {
namespace {

void check(sqlite3_stmt* statement, int code) {
    if (code != SQLITE_OK) throw_latest(sqlite3_db_handle(statement), code, sqlite3_sql(statement));
}

[[noreturn]] void throw_unreadable(sqlite3_stmt* statement, int column, const std::string& what) {
    const char* name = sqlite3_column_name(statement, column);
    throw ports::store_error(ports::store_fault::broken,
                             "column " + std::string(name != nullptr ? name : "?") + " holds no " + what);
}

}  // namespace

query::~query() { sqlite3_reset(statement_); }

bool query::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    throw_latest(sqlite3_db_handle(statement_), code, sqlite3_sql(statement_));
}

void query::run() {
    while (step()) {
    }
}

bool query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view query::text(int column) const {
    const auto* data = sqlite3_column_text(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::span<const std::uint8_t> query::bytes(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(size)};
}

std::int32_t query::version(int column) const {
    const auto value = integer(column);
    if (value < std::numeric_limits<std::int32_t>::min() ||
        value > std::numeric_limits<std::int32_t>::max()) {
        throw_unreadable(statement_, column, "version");
    }
    return static_cast<std::int32_t>(value);
}

domain::timestamp query::time(int column) const {
    return domain::timestamp(std::chrono::microseconds(integer(column)));
}

domain::uuid query::id(int column) const {
    const auto value = domain::uuid::parse(text(column));
    if (!value) throw_unreadable(statement_, column, "UUID");
    return *value;
}

domain::status query::status(int column) const {
    const auto value = domain::parse_status(text(column));
    if (!value) throw_unreadable(statement_, column, "known status");
    return *value;
}

void query::bind(int index, std::string_view value) {
    // An empty view may have no address, which SQLite would take for NULL.
    const char* data = value.empty() ? "" : value.data();
    check(statement_,
          sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void query::bind(int index, std::span<const std::uint8_t> value) {
    check(statement_, sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT));
}

void query::bind_integer(int index, std::int64_t value) {
    check(statement_, sqlite3_bind_int64(statement_, index, value));
}

}  // namespace delivery::sqlite
