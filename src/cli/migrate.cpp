#include "cli/migrate.hpp"

#include <fmt/format.h>

#include "cli/database.hpp"
#include "cli/exit_status.hpp"
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

}  // namespace

int run_migrate(const invocation& what) {
    const auto target = open_schema(what.settings);
    if (what.command == command::migrate_status) return print_status(target->status());
    if (what.command == command::migrate_up) {
        print_done("applied", target->up(what.migrate_to));
    } else {
        print_done("undone", target->down(what.migrate_all ? std::optional(0) : what.migrate_to));
    }
    return exit_done;
}

}  // namespace delivery::cli
