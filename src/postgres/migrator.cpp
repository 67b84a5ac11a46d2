#include "postgres/migrator.hpp"

#include <functional>
#include <thread>

#include <fmt/format.h>

#include "postgres/blocking_connection.hpp"

namespace delivery::postgres {
namespace {

/// Of migrations alone, in the space of advisory locks of the database.
constexpr std::int64_t migration_lock = 0x64656c6d696772;
/// Reading what was applied is quick; on a server that does not answer nobody waits for it.
constexpr std::chrono::seconds status_within{10};

constexpr auto create_history = R"(
SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    oldest_binary integer NOT NULL,
    finished boolean NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
))";

// Polled instead of waited for: a session that waits inside a statement holds a snapshot, for which the other
// migrator's CREATE INDEX CONCURRENTLY would wait in turn.
void lock(blocking_connection& session, std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    const auto attempt = fmt::format("SELECT pg_try_advisory_lock({})", migration_lock);
    while (session.run(attempt).at(0).at(0) != "t") {
        if (std::chrono::steady_clock::now() >= until) {
            throw migration_error(
                fmt::format("another migration has been running for {} s", patience.count() / 1000));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

std::vector<core::applied_migration> read_applied(blocking_connection& session) {
    if (session.run("SELECT to_regclass('schema_migrations') IS NOT NULL").at(0).at(0) != "t") return {};
    std::vector<core::applied_migration> applied;
    for (const auto& row : session.run(read_history)) {
        applied.push_back({.version = std::stoi(row.at(0)),
                           .name = row.at(1),
                           .checksum = row.at(2),
                           .oldest_binary = std::stoi(row.at(3)),
                           .finished = row.at(4) == "t"});
    }
    return applied;
}

void record_applied(blocking_connection& session, const core::migration& what, bool finished) {
    session.run(
        "INSERT INTO schema_migrations (version, name, checksum, oldest_binary, finished) VALUES ($1, $2, "
        "$3, $4, $5) "
        "ON CONFLICT (version) DO UPDATE SET finished = excluded.finished",
        {std::to_string(what.version), what.name, what.checksum, std::to_string(what.oldest_binary),
         finished ? "true" : "false"});
}

void record_undone(blocking_connection& session, const core::migration& what) {
    session.run("DELETE FROM schema_migrations WHERE version = $1", {std::to_string(what.version)});
}

/// One direction of a migration, as a session runs it.
struct script {
    const core::migration& what;
    const std::string& sql;
    std::function<void()> record;
};

struct waits {
    std::chrono::milliseconds patience;
    std::chrono::milliseconds lock;
};

void set_lock_timeout(blocking_connection& session, std::chrono::milliseconds length) {
    session.run(fmt::format("SET lock_timeout = {}", length.count()));
}

void try_in_transaction(blocking_connection& session, const script& todo) {
    bool is_committing = false;
    try {
        session.run("BEGIN");
        session.run(todo.sql);
        todo.record();
        is_committing = true;
        session.run("COMMIT");
    } catch (const lock_not_available&) {
        session.run("ROLLBACK");
        throw;
    } catch (const migration_error& error) {
        if (is_committing && !session.is_alive()) {
            throw migration_error(
                fmt::format("{}: the connection was lost while committing; see delivery migrate status ({})",
                            todo.what.name, error.what()));
        }
        throw migration_error(
            fmt::format("{} failed and left nothing behind: {}", todo.what.name, error.what()));
    }
}

void run_in_transaction(blocking_connection& session, const script& todo, const waits& how_long) {
    set_lock_timeout(session, how_long.lock);
    const auto until = std::chrono::steady_clock::now() + how_long.patience;
    while (true) {
        try {
            return try_in_transaction(session, todo);
        } catch (const lock_not_available& error) {
            if (std::chrono::steady_clock::now() >= until) {
                throw migration_error(
                    fmt::format("{} left nothing behind: others have been using its tables for {} s: {}",
                                todo.what.name, how_long.patience.count() / 1000, error.what()));
            }
        }
        std::this_thread::sleep_for(how_long.lock);
    }
}

/// Statements that cannot run in a transaction hold nobody up while they wait for transactions to end, and
/// leave something half done where they give up: CREATE INDEX CONCURRENTLY, an invalid index.
constexpr std::chrono::hours lock_timeout_without_transaction{1};

void run_without_transaction(blocking_connection& session, const script& todo) {
    constexpr bool finished = false;
    record_applied(session, todo.what, finished);
    set_lock_timeout(session, lock_timeout_without_transaction);
    try {
        session.run(todo.sql);
    } catch (const migration_error& error) {
        throw migration_error(
            fmt::format("{} stopped halfway, and has no transaction to roll back; it is marked as "
                        "unfinished in schema_migrations: {}",
                        todo.what.name, error.what()));
    }
    todo.record();
}

void run_script(blocking_connection& session, const script& todo, bool in_transaction,
                const waits& how_long) {
    if (in_transaction) {
        run_in_transaction(session, todo, how_long);
    } else {
        run_without_transaction(session, todo);
    }
}

/// A session that has the migrations to itself for as long as it lives.
blocking_connection open_locked(const std::string& url, const waits& how_long) {
    blocking_connection session(url);
    lock(session, how_long.patience);
    set_lock_timeout(session, how_long.lock);
    session.run(create_history);
    return session;
}

std::vector<core::migration> plan_or_throw(std::expected<std::vector<core::migration>, std::string> plan) {
    if (!plan) throw migration_error(plan.error());
    return std::move(*plan);
}

}  // namespace

migrator::migrator(std::string url, std::span<const core::migration> known,
                   std::chrono::milliseconds patience, std::chrono::milliseconds lock_timeout)
    : url_(std::move(url)), known_(known), patience_(patience), lock_timeout_(lock_timeout) {}

schema_status migrator::status() const {
    blocking_connection session(url_, status_within);
    return core::find_status(known_, read_applied(session));
}

std::vector<core::migration> migrator::up(std::optional<int> to) const {
    const waits how_long{.patience = patience_, .lock = lock_timeout_};
    auto session = open_locked(url_, how_long);
    const auto plan = plan_or_throw(core::plan_up(known_, read_applied(session), to));
    for (const auto& step : plan) {
        const auto record = [&] {
            constexpr bool finished = true;
            record_applied(session, step, finished);
        };
        run_script(session, {.what = step, .sql = step.up_sql, .record = record}, step.up_in_transaction,
                   how_long);
    }
    return plan;
}

std::vector<core::migration> migrator::down(std::optional<int> to) const {
    const waits how_long{.patience = patience_, .lock = lock_timeout_};
    auto session = open_locked(url_, how_long);
    const auto plan = plan_or_throw(core::plan_down(known_, read_applied(session), to));
    for (const auto& step : plan) {
        const auto record = [&] { record_undone(session, step); };
        run_script(session, {.what = step, .sql = step.down_sql, .record = record}, step.down_in_transaction,
                   how_long);
    }
    return plan;
}

}  // namespace delivery::postgres
