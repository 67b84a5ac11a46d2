#pragma once

#include "cli/command_line.hpp"
#include "cli/process.hpp"
#include "ports/bus.hpp"
#include "ports/store.hpp"

namespace delivery::cli {

/// Throws `usage_error` where a single role lacks PostgreSQL or RabbitMQ.
void check_roles_have_servers(const invocation& what);

/// Brings an SQLite database up to date; leaves PostgreSQL to `delivery migrate up`.
void migrate_embedded(const runtime::configuration& settings, ports::logger& logger);

/// Waits until the store is reachable and its schema fits, saying so in the log. False where a stop was asked
/// for meanwhile; throws `work_failed` once STARTUP_TIMEOUT is over. Blocks.
bool wait_for_store(process& in, ports::store& store);

/// Throws `usage_error` where relays work on this database with another bus. Blocks for as long as the leases
/// of a process that was killed may still last, and waits for a store that goes away meanwhile.
void refuse_other_bus(process& in, ports::store& store, const ports::bus& bus);

}  // namespace delivery::cli
