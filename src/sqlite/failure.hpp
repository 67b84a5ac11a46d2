#pragma once

#include <string>

#include "ports/store_error.hpp"

struct sqlite3;

namespace delivery::sqlite {

/// A failed call of SQLite, with its extended result code. `what()` never holds values that were stored.
class sqlite_error : public ports::store_error {
public:
    /// `reason` is SQLite's, `doing` the statement.
    sqlite_error(int code, std::string reason, const std::string& doing);

    [[nodiscard]] int code() const { return code_; }
    /// What went wrong, without the statement.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    /// Whether the commit's last write reached the file and only its durability is unknown.
    [[nodiscard]] bool is_unsure_commit() const;

private:
    int code_;
    std::string reason_;
};

/// Throws the connection's latest error; `doing` says what was attempted.
[[noreturn]] void throw_latest(sqlite3* handle, int code, const std::string& doing);

/// What a result code means for the caller of a store.
ports::store_fault fault_of(int code);

}  // namespace delivery::sqlite
