#include "postgres/examination.hpp"

#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "postgres/blocking_connection.hpp"
#include "postgres/migrator.hpp"

namespace delivery::postgres {
namespace {

using ports::finding;
using enum ports::finding::grade;

/// Beyond it logs and histories of several machines are hard to read together; correctness does not depend on
/// it.
constexpr double clock_offset_max_seconds = 1.0;

constexpr const char* missing_rights = R"(
SELECT string_agg(format('%s on %s', right_name, table_name), ', ' ORDER BY table_name, right_name)
FROM (VALUES
    ('schema_migrations', '{SELECT}'), ('orders', '{SELECT,INSERT,UPDATE}'),
    ('order_events', '{SELECT,INSERT}'), ('dead_letters', '{SELECT,INSERT}'),
    ('shard_leases', '{SELECT,UPDATE}'),
    ('outbox', '{SELECT,INSERT,UPDATE,DELETE}'), ('timers', '{SELECT,INSERT,UPDATE,DELETE}'),
    ('relays', '{SELECT,INSERT,UPDATE,DELETE}'), ('idempotency_keys', '{SELECT,INSERT,UPDATE,DELETE}')
) AS needed (table_name, rights), unnest(rights::text[]) AS right_name
WHERE NOT has_table_privilege(table_name, right_name))";

constexpr const char* unsafe_settings = R"(
SELECT string_agg(name || ' is ' || setting, ', ' ORDER BY name) FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off')";

constexpr const char* free_connections = R"(
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'))";

/// One examination, from the first check that cannot be done without to the last.
class examination {
public:
    examination(const std::string& url, std::size_t connections)
        : url_(url), connections_(connections), session_(url) {}

    ports::findings run() {
        look_at_server();
        if (look_at_schema()) look_at_rights();
        look_at_clock();
        look_at_durability();
        look_at_connections();
        return std::move(found_);
    }

private:
    std::string value(const char* sql) { return session_.run(sql).at(0).at(0); }

    void look_at_server() {
        found_.push_back({.check = "database",
                          .what = value("SELECT format('PostgreSQL %s, database %s, as %s', current_setting("
                                        "'server_version'), current_database(), current_user)")});
    }

    bool look_at_schema() {
        const auto state = migrator(url_).status();
        if (!state.incompatibility) {
            found_.push_back(
                {.check = "schema", .what = fmt::format("{} migrations applied", state.applied.size())});
            return true;
        }
        found_.push_back({.check = "schema",
                          .result = failed,
                          .what = *state.incompatibility,
                          .remedy = state.pending.empty() ? "run a program that is as new as the schema"
                                                          : "run delivery migrate up"});
        return false;
    }

    void look_at_rights() {
        const auto missing = value(missing_rights);
        if (missing.empty()) {
            found_.push_back({.check = "rights", .what = "all that the roles need"});
        } else {
            found_.push_back({.check = "rights",
                              .result = failed,
                              .what = "not granted: " + missing,
                              .remedy = "GRANT them, as the owner of the tables"});
        }
    }

    void look_at_clock() {
        using std::chrono::system_clock;
        const auto before = system_clock::now().time_since_epoch();
        const auto there = std::stod(value("SELECT extract(epoch FROM clock_timestamp())"));
        const auto after = system_clock::now().time_since_epoch();
        const auto here = std::chrono::duration<double>(before + (after - before) / 2).count();
        const auto offset = here - there;
        auto what = fmt::format("{:.3f} s ahead of the database's", offset);
        if (std::abs(offset) <= clock_offset_max_seconds) {
            found_.push_back({.check = "clock", .what = std::move(what)});
        } else {
            found_.push_back({.check = "clock",
                              .result = warning,
                              .what = std::move(what),
                              .remedy = "have both machines follow the same time servers (NTP)"});
        }
    }

    void look_at_durability() {
        const auto unsafe = value(unsafe_settings);
        if (unsafe.empty()) {
            found_.push_back({.check = "durability", .what = "a commit is on disk when it is answered"});
        } else {
            found_.push_back({.check = "durability",
                              .result = warning,
                              .what = unsafe + ": a crash of the database may lose acknowledged orders",
                              .remedy = "turn it on"});
        }
    }

    void look_at_connections() {
        const auto free = std::stol(value(free_connections));
        auto what = fmt::format("{} are free, a service here takes up to {}", free, connections_);
        if (free >= static_cast<long>(connections_)) {
            found_.push_back({.check = "connections", .what = std::move(what)});
        } else {
            found_.push_back({.check = "connections",
                              .result = warning,
                              .what = std::move(what),
                              .remedy = "raise max_connections, or lower THREADS"});
        }
    }

    const std::string& url_;
    std::size_t connections_;
    blocking_connection session_;
    ports::findings found_;
};

}  // namespace

ports::findings examine(const std::string& url, std::size_t connections) {
    try {
        return examination(url, connections).run();
    } catch (const migration_error& error) {
        return {{.check = "database",
                 .result = failed,
                 .what = error.what(),
                 .remedy =
                     "see that the server runs and DATABASE_URL names its host, port, database, user and "
                     "password"}};
    }
}

}  // namespace delivery::postgres
