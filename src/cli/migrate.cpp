#include "cli/migrate.hpp"

#include <chrono>
#include <thread>
#include <variant>

#include <fmt/format.h>

#include "cli/database.hpp"
#include "cli/exit_status.hpp"
#include "postgres/blocking_connection.hpp"
#include "runtime/log_escape.hpp"

namespace delivery::cli {
namespace {

void print_done(std::string_view verb, const std::vector<core::migration>& migrations) {
    for (const auto& migration : migrations) fmt::print("{} {}\n", verb, migration.name);
    if (migrations.empty()) fmt::print("nothing to do\n");
}

int print_status(const core::schema_status& state) {
    for (const auto& migration : state.applied) {
        fmt::print("applied  {}{}\n", runtime::readable(migration.name),
                   migration.finished ? "" : "  (begun, never finished)");
    }
    for (const auto& migration : state.pending) fmt::print("pending  {}\n", migration.name);
    if (!state.incompatibility) return exit_done;
    fmt::print("this binary cannot work on this schema: {}\n", runtime::readable(*state.incompatibility));
    // Migrations that are merely pending are no failure: `migrate up` is the next step.
    return state.pending.empty() ? exit_failed : exit_done;
}

// As the roles wait for it. When the time is over, connecting fails and tells why.
void wait_for_server(const runtime::configuration& settings) {
    constexpr std::chrono::milliseconds pause{500};
    const auto* server = std::get_if<runtime::postgres_database>(&settings.database);
    if (server == nullptr || postgres::takes_connections(server->url)) return;
    fmt::print(stderr, "waiting for PostgreSQL (at most STARTUP_TIMEOUT, {} s)\n",
               std::chrono::duration_cast<std::chrono::seconds>(settings.startup_timeout).count());
    const auto give_up_at = std::chrono::steady_clock::now() + settings.startup_timeout;
    while (std::chrono::steady_clock::now() + pause < give_up_at) {
        std::this_thread::sleep_for(pause);
        if (postgres::takes_connections(server->url)) return;
    }
}

}  // namespace

int run_migrate(const invocation& what) {
    const auto target = open_schema(what.settings);
    if (what.command == command::migrate_status) return print_status(target->status());
    if (what.command == command::migrate_up) {
        wait_for_server(what.settings);
        print_done("applied", target->up(what.migrate_to));
    } else {
        print_done("undone", target->down(what.migrate_all ? std::optional(0) : what.migrate_to));
    }
    return exit_done;
}

}  // namespace delivery::cli
