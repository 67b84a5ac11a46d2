#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "cli/audit.hpp"
#include "cli/command_line.hpp"
#include "cli/doctor.hpp"
#include "cli/exit_status.hpp"
#include "cli/import.hpp"
#include "cli/migrate.hpp"
#include "cli/purge.hpp"
#include "cli/seed.hpp"
#include "cli/service.hpp"
#include "cli/version.hpp"
#include "runtime/log_escape.hpp"

namespace {

using namespace delivery;

int run(const cli::invocation& what) {
    switch (what.command) {
        case cli::command::run:
        case cli::command::api:
        case cli::command::relay:
        case cli::command::worker: return cli::run_service(what);
        case cli::command::migrate_up:
        case cli::command::migrate_down:
        case cli::command::migrate_status: return cli::run_migrate(what);
        case cli::command::seed: return cli::run_seed(what);
        case cli::command::audit: return cli::run_audit(what);
        case cli::command::doctor: return cli::run_doctor(what);
        case cli::command::purge: return cli::run_purge(what);
        case cli::command::import_orders: return cli::run_import(what);
        case cli::command::version: fmt::print("delivery {}\n", cli::version); return cli::exit_done;
    }
    return cli::exit_usage;
}

}  // namespace

int main(int argument_count, char** arguments) {
    const auto what = cli::parse_command_line(argument_count, arguments);
    if (!what) return what.error();
    try {
        return run(*what);
    } catch (const cli::usage_error& error) {
        fmt::print(stderr, "delivery: {}\n", runtime::readable(error.what()));
        return cli::exit_usage;
    } catch (const std::exception& error) {
        fmt::print(stderr, "delivery: {}\n", runtime::readable(error.what()));
        return cli::exit_failed;
    }
}
