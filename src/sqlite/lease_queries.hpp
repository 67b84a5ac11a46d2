#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "ports/outbox_store.hpp"
#include "sqlite/connection.hpp"

// The SQL of the shard leases, within the caller's transaction.
namespace delivery::sqlite {

std::optional<std::string> find_other_bus(connection& db, const std::string& bus, domain::timestamp now);

ports::lease_view renew_leases(connection& db, const ports::relay_identity& relay,
                               std::chrono::milliseconds time_to_live, domain::timestamp now);

void release_leases(connection& db, const ports::relay_identity& relay, std::span<const std::uint8_t> shards);

void retire_relay(connection& db, const ports::relay_identity& relay);

}  // namespace delivery::sqlite
