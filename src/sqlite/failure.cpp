#include "sqlite/failure.hpp"

#include <sqlite3.h>

#include <utility>

namespace delivery::sqlite {

ports::store_fault fault_of(int code) {
    switch (code & 0xff) {
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_TOOBIG: return ports::store_fault::bad_data;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_NOMEM:
        case SQLITE_READONLY:
        case SQLITE_INTERRUPT:
        case SQLITE_IOERR:
        case SQLITE_FULL:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL: return ports::store_fault::unavailable;
        default: return ports::store_fault::broken;
    }
}

sqlite_error::sqlite_error(int code, std::string reason, const std::string& doing)
    : store_error(fault_of(code), reason + " (" + doing + ")"), code_(code), reason_(std::move(reason)) {}

bool sqlite_error::is_unsure_commit() const {
    return code_ == SQLITE_IOERR_FSYNC || code_ == SQLITE_IOERR_DIR_FSYNC;
}

void throw_latest(sqlite3* handle, int code, const std::string& doing) {
    std::string text = "SQLite " + std::to_string(code) + ", " + sqlite3_errstr(code);
    if (handle != nullptr && sqlite3_extended_errcode(handle) == code) {
        text += std::string(": ") + sqlite3_errmsg(handle);
    }
    throw sqlite_error(code, std::move(text), doing);
}

}  // namespace delivery::sqlite
