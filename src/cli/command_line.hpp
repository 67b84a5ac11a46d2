#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "runtime/configuration.hpp"

namespace delivery::cli {

enum class command : std::uint8_t {
    run,
    api,
    relay,
    worker,
    migrate_up,
    migrate_down,
    migrate_status,
    seed,
    audit,
    doctor,
    purge,
    import_orders,
    version,
};

/// What the command line asks for, with the configuration that flags and environment give together.
struct invocation {
    cli::command command = command::run;
    runtime::configuration settings;
    std::optional<int> migrate_to;
    bool migrate_all = false;
    std::size_t seed_orders = 200;
    bool as_json = false;
    int purge_days = 0;
    bool is_dry_run = false;
    std::string import_from;
    bool import_takes_over = false;
};

/// Reads the command line; a flag goes before the environment variable of the same name. Where there is
/// nothing to run (help was asked for, or something is wrong), says so on stdout or stderr and answers the
/// exit status instead.
std::expected<invocation, int> parse_command_line(int argument_count, const char* const* arguments);

}  // namespace delivery::cli
