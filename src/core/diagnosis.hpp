#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/migration_plan.hpp"
#include "ports/finding.hpp"

namespace delivery::core {

// What `delivery doctor` makes of what it has measured. Every function answers one finding, with what to do
// about it where something is to be done.

/// By how much our clock is ahead of the database's; behind where it is negative. Never worse than a warning:
/// nothing that is stored depends on our clock.
ports::finding judge_clock(std::chrono::duration<double> ahead);

/// Connections that the database still has for us, and how many a service may take.
ports::finding judge_connections(long free, std::size_t needed);

/// Bytes that are left where an embedded database is stored.
ports::finding judge_room(std::uintmax_t bytes);

/// How many files the process may have open, and how many connections of clients it admits.
ports::finding judge_open_files(std::uint64_t limit, std::uint64_t clients);

/// Who brings a schema up to date: the service itself as it starts, or a person.
enum class migrated_by { service, person };

ports::finding judge_schema(const schema_status& found, migrated_by who);

}  // namespace delivery::core
