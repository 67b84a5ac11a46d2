#include "sqlite/connection.hpp"

#include <sqlite3.h>

#include "sqlite/failure.hpp"

namespace delivery::sqlite {
namespace {

/// How many steps of SQLite's virtual machine pass between two looks at the clock: about a millisecond.
constexpr int deadline_check_interval = 50'000;

}  // namespace

void connection::closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

void connection::finalizer::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

connection::connection(const std::string& path, access mode, std::chrono::milliseconds busy_timeout) {
    const int flags = (mode == access::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
    handle_.reset(opened);
    if (code != SQLITE_OK) throw_latest(opened, code, "open");
    set_busy_timeout(busy_timeout);
    execute("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY");
    if (mode == access::read_write) {
        execute("PRAGMA synchronous = FULL");
        sqlite3_wal_hook(opened, note_commit, this);  // Also ends SQLite's own checkpoints within commits.
    } else {
        execute("PRAGMA query_only = ON");
        // Not on a writer: an interrupted write rolls back the whole transaction, neighbours included.
        sqlite3_progress_handler(opened, deadline_check_interval, check_deadline, this);
    }
}

connection::~connection() = default;

int connection::note_commit(void* self, sqlite3*, const char*, int pages) {
    static_cast<connection*>(self)->wal_pages_ = pages;
    return SQLITE_OK;
}

int connection::check_deadline(void* self) {
    return std::chrono::steady_clock::now() >= static_cast<connection*>(self)->deadline_ ? 1 : 0;
}

void connection::execute(const char* sql) {
    const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) throw_latest(handle_.get(), code, sql);
}

sqlite3_stmt* connection::prepare(const char* sql) {
    auto& prepared = statements_[sql];
    if (!prepared) {
        sqlite3_stmt* made = nullptr;
        const int code =
            sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
        if (code != SQLITE_OK) throw_latest(handle_.get(), code, sql);
        prepared.reset(made);
    }
    return prepared.get();
}

void connection::rollback() noexcept {
    if (in_transaction()) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool connection::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

std::int64_t connection::changes() const { return sqlite3_changes64(handle_.get()); }

void connection::set_busy_timeout(std::chrono::milliseconds timeout) {
    sqlite3_busy_timeout(handle_.get(), static_cast<int>(timeout.count()));
}

}  // namespace delivery::sqlite
