#include "cli/startup.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/blocking.hpp"
#include "cli/database.hpp"
#include "cli/exit_status.hpp"
#include "core/relay.hpp"
#include "ports/store_error.hpp"

namespace delivery::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{2000};
constexpr milliseconds bus_check_pause{250};
constexpr milliseconds bus_check_margin{1000};

std::string other_bus_text(std::string_view other, std::string_view ours) {
    return fmt::format(
        "other relays on this database publish to {}, this process would use {}: their events would be lost "
        "to each other's consumers. Give all processes on one database the same RABBITMQ_URL, or stop the "
        "others",
        other, ours);
}

}  // namespace

void check_roles_have_servers(const invocation& what) {
    if (what.command == command::run) return;
    if (!what.settings.uses_postgres()) {
        throw usage_error(
            "a single role needs PostgreSQL, since a SQLite file has one process only: set DATABASE_URL to "
            "postgresql://user:password@host:port/database, or use `delivery run` for all roles in one "
            "process");
    }
    if (!what.settings.uses_rabbitmq()) {
        throw usage_error(
            "a single role needs RabbitMQ, since the in-process bus reaches no other process: set "
            "RABBITMQ_URL to "
            "amqp://user:password@host:port/vhost, or use `delivery run` for all roles in one process");
    }
}

void migrate_embedded(const runtime::configuration& settings, ports::logger& logger) {
    if (settings.uses_postgres()) return;
    for (const auto& migration : open_schema(settings)->up(std::nullopt)) {
        logger.info("schema migrated", {{"migration", std::string_view(migration.name)}});
    }
}

bool wait_for_store(process& in, ports::store& store) {
    const auto give_up_at = steady_clock::now() + in.settings.startup_timeout;
    for (auto pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
        const auto fault = block_on(in.reactors.executor(0), store.find_fault());
        if (!fault) return true;
        if (steady_clock::now() + pause > give_up_at) {
            throw work_failed(fmt::format("the database is still of no use after STARTUP_TIMEOUT ({} ms): {}",
                                          in.settings.startup_timeout.count(), *fault));
        }
        in.logger->warn("waiting for the database", {{"error", std::string_view(*fault)}});
        if (in.stop.wait_for(pause)) return false;
    }
}

// The store may go away again after it was waited for: that is no reason to give up before STARTUP_TIMEOUT.
void refuse_other_bus(process& in, ports::store& store, const ports::bus& bus) {
    const auto begin = steady_clock::now();
    do {
        const auto passed = steady_clock::now() - begin;
        try {
            const auto other = block_on(in.reactors.executor(0), store.find_other_bus(bus.name()));
            if (!other) return;
            if (passed > core::relay_options{}.lease_time_to_live + bus_check_margin)
                throw usage_error(other_bus_text(*other, bus.name()));
        } catch (const ports::store_error& error) {
            if (!error.is_worth_retry() || passed > in.settings.startup_timeout) throw;
            in.logger->warn("waiting for the database", {{"error", std::string_view(error.what())}});
        }
        if (in.stop.wait_for(bus_check_pause)) return;
    } while (wait_for_store(in, store));
}

}  // namespace delivery::cli
