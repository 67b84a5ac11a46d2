#include "sqlite/migrator.hpp"

#include <unistd.h>

#include <chrono>
#include <expected>

#include "sqlite/connection.hpp"
#include "sqlite/database.hpp"
#include "sqlite/failure.hpp"
#include "sqlite/file.hpp"
#include "sqlite/lock_file.hpp"
#include "sqlite/query.hpp"
#include "sqlite/schema.hpp"

namespace delivery::sqlite {
namespace {

constexpr std::chrono::seconds busy_timeout{5};

using plan = std::expected<std::vector<core::migration>, std::string>;

std::vector<core::migration> accept(plan planned) {
    if (!planned) throw migration_error(planned.error());
    return std::move(*planned);
}

constexpr const char* create_table =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, oldest_binary INTEGER NOT "
    "NULL, "
    "finished INTEGER NOT NULL, applied_at INTEGER NOT NULL) STRICT";

domain::timestamp now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// The file, held by the lock of the process that writes it.
class session {
public:
    explicit session(const std::string& path) : lock_(path), db_(path, access::read_write, busy_timeout) {
        db_.execute("PRAGMA journal_mode = WAL");
        // A script may rebuild a table that others refer to, and this cannot be said within a transaction.
        db_.execute("PRAGMA foreign_keys = OFF");
        db_.execute(create_table);
    }

    std::vector<core::applied_migration> applied() { return read_applied(db_); }

    void apply(const core::migration& step) {
        run(step.name + ".up.sql", step.up_sql, step.up_in_transaction,
            [&](bool finished) { record(step, finished); });
    }

    void undo(const core::migration& step) {
        run(step.name + ".down.sql", step.down_sql, step.down_in_transaction, [&](bool finished) {
            if (finished) {
                query(db_, "DELETE FROM schema_migrations WHERE version = ?1", step.version).run();
            } else {
                record(step, false);
            }
        });
    }

private:
    void run(const std::string& name, const std::string& sql, bool in_transaction, const auto& note) {
        try {
            if (!in_transaction) note(false);
            if (in_transaction) db_.execute("BEGIN EXCLUSIVE");
            db_.execute(sql.c_str());
            note(true);
            if (in_transaction) db_.execute("COMMIT");
        } catch (const sqlite_error& failure) {
            db_.rollback();
            throw migration_error(name +
                                  (in_transaction ? " failed and was rolled back: " : " failed halfway: ") +
                                  failure.reason());
        }
    }

    void record(const core::migration& step, bool finished) {
        query(db_,
              "INSERT OR REPLACE INTO schema_migrations (version, name, checksum, oldest_binary, finished, "
              "applied_at) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
              step.version, step.name, step.checksum, step.oldest_binary, finished ? 1 : 0, now())
            .run();
    }

    lock_file lock_;
    connection db_;
};

/// Says which file it was.
template <typename Work>
auto on_file(const std::string& path, Work work) {
    try {
        return work();
    } catch (const sqlite_error& failure) {
        throw open_error(path + " cannot be opened: " + failure.reason());
    }
}

}  // namespace

migrator::migrator(std::string path, std::span<const core::migration> known)
    : path_(std::move(path)), known_(known) {}

schema_status migrator::status() const {
    return on_file(path_, [this] {
        std::vector<core::applied_migration> applied;
        if (::access(path_.c_str(), F_OK) == 0) {
            connection db(path_, access::read_only, busy_timeout);
            applied = read_applied(db);
        }
        return core::find_status(known_, std::move(applied));
    });
}

std::vector<core::migration> migrator::up(std::optional<int> to) const {
    create_file(path_);
    return on_file(path_, [&] {
        session db(path_);
        auto steps = accept(core::plan_up(known_, db.applied(), to));
        for (const auto& step : steps) db.apply(step);
        return steps;
    });
}

std::vector<core::migration> migrator::down(std::optional<int> to) const {
    create_file(path_);
    return on_file(path_, [&] {
        session db(path_);
        auto steps = accept(core::plan_down(known_, db.applied(), to));
        for (const auto& step : steps) db.undo(step);
        return steps;
    });
}

}  // namespace delivery::sqlite
