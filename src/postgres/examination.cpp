#include "postgres/examination.hpp"

#include <chrono>

#include <fmt/format.h>

#include "core/diagnosis.hpp"
#include "postgres/blocking_connection.hpp"
#include "postgres/migrator.hpp"

namespace delivery::postgres {
namespace {

using enum ports::finding::grade;

/// For each of our statements, which are quick.
constexpr std::chrono::seconds answer_within{5};

constexpr const char* may_read_history =
    "SELECT has_table_privilege(to_regclass('schema_migrations'), 'SELECT') IS NOT FALSE";

constexpr const char* missing_rights = R"(
SELECT string_agg(format('%s on %s', right_name, table_name), ', ' ORDER BY table_name, right_name)
FROM (VALUES
    ('schema_migrations', '{SELECT}'), ('orders', '{SELECT,INSERT,UPDATE}'),
    ('order_events', '{SELECT,INSERT}'), ('dead_letters', '{SELECT,INSERT}'),
    ('shard_leases', '{SELECT,UPDATE}'),
    ('outbox', '{SELECT,INSERT,UPDATE,DELETE}'), ('timers', '{SELECT,INSERT,UPDATE,DELETE}'),
    ('relays', '{SELECT,INSERT,UPDATE,DELETE}'), ('idempotency_keys', '{SELECT,INSERT,UPDATE,DELETE}')
) AS needed (table_name, rights), unnest(rights::text[]) AS right_name
WHERE has_table_privilege(to_regclass(table_name), right_name) IS NOT TRUE)";

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
        : url_(url), connections_(connections), session_(url, answer_within) {}

    ports::findings run() {
        try {
            look_at_server();
            // Who may not even read what was applied cannot tell which schema it is.
            if (value(may_read_history) == "f" || look_at_schema()) look_at_rights();
            look_at_clock();
            look_at_durability();
            look_at_connections();
        } catch (const migration_error& error) {
            found_.push_back({.check = "database",
                              .result = failed,
                              .what = error.what(),
                              .remedy = "look at the server's log, and examine again"});
        }
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
        found_.push_back(core::judge_schema(state, core::migrated_by::person));
        return !state.incompatibility;
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
        const std::chrono::duration<double> here = before + (after - before) / 2;
        found_.push_back(core::judge_clock(here - std::chrono::duration<double>(there)));
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
        found_.push_back(core::judge_connections(std::stol(value(free_connections)), connections_));
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
                     "see that the server runs and takes writes (is no standby), and that DATABASE_URL names "
                     "its host, port, database, user and password"}};
    }
}

}  // namespace delivery::postgres
