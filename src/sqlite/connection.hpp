#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace delivery::sqlite {

enum class access { read_write, read_only };

/// One connection to one file, and the statements prepared on it. For one thread at a time.
/// Every failure is thrown as `sqlite_error`.
class connection {
public:
    /// Opens an existing file. Waits up to `busy_timeout` for locks of others.
    connection(const std::string& path, access mode, std::chrono::milliseconds busy_timeout);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    /// Runs statements that have no parameters and whose rows do not matter.
    void execute(const char* sql);

    /// The prepared form of a statement. `sql` is a constant of the program: statements are known by its
    /// address.
    sqlite3_stmt* prepare(const char* sql);

    /// Rolls back whatever is open; never throws.
    void rollback() noexcept;

    [[nodiscard]] bool in_transaction() const;
    /// Rows that the latest INSERT, UPDATE or DELETE changed.
    [[nodiscard]] std::int64_t changes() const;
    /// The length of the write-ahead log after this connection's latest commit.
    [[nodiscard]] std::int64_t wal_pages() const { return wal_pages_; }

    /// Statements that still run at this moment are interrupted, as `unavailable`.
    void set_deadline(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }
    void set_busy_timeout(std::chrono::milliseconds timeout);

private:
    struct closer {
        void operator()(sqlite3* handle) const;
    };
    struct finalizer {
        void operator()(sqlite3_stmt* handle) const;
    };

    static int note_commit(void* self, sqlite3* handle, const char* schema, int pages);
    static int check_deadline(void* self);

    std::unique_ptr<sqlite3, closer> handle_;
    std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, finalizer>> statements_;
    std::int64_t wal_pages_ = 0;
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace delivery::sqlite
