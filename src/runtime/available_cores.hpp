#pragma once

#include <optional>
#include <string_view>

namespace delivery::runtime {

/// How many cores this process may use: its affinity, bounded by the CPU quota of its control group (rounded
/// up). At least 1, at most 256.
unsigned available_cores();

/// The cores that a cgroup v2 `cpu.max` file grants, rounded up; nothing where it sets no quota.
std::optional<unsigned> parse_cpu_quota(std::string_view cpu_max);

}  // namespace delivery::runtime
