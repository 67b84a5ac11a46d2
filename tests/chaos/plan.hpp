#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace delivery::chaos {

using milliseconds = std::chrono::milliseconds;

/// Everything that the rig does to a deployment.
enum class fault_kind : std::uint8_t {
    kill_role,
    freeze_role,
    skew_clock,
    cut_clients,
    kill_postgres,
    stop_postgres,
    fail_over,
    fill_disk,
    cut_database,
    half_close_database,
    delay_database,
    throttle_database,
    black_hole_database,
    kill_broker,
    stop_broker,
    memory_alarm,
    cut_broker,
    half_close_broker,
    delay_broker,
    throttle_broker,
    black_hole_broker,
};

/// What the faults of each lane strike. The lanes go on side by side.
inline constexpr std::array<std::string_view, 3> lanes{"the processes", "PostgreSQL", "RabbitMQ"};

/// A name for people, such as "kill -9 a role".
std::string_view to_string(fault_kind kind);
/// The place of its lane among all lanes.
std::size_t lane_of(fault_kind kind);
std::vector<fault_kind> all_fault_kinds();

/// The processes under test: two of each role, by index.
inline constexpr std::array<std::string_view, 6> role_of_process{"api",   "api",    "relay",
                                                                 "relay", "worker", "worker"};

/// One fault as it was drawn. It begins `pause` after the one before it in its lane has ended, and is healed
/// `length` later.
struct planned_fault {
    fault_kind kind = fault_kind::kill_role;
    milliseconds pause{};
    milliseconds length{};
    std::vector<std::size_t> processes;  ///< The processes that it strikes, where it strikes processes.
    int strength = 0;  ///< Seconds of skew, milliseconds of delay, bytes a second, or the number of cuts.

    friend bool operator==(const planned_fault&, const planned_fault&) = default;
};

/// In words: what, where, how much.
std::string describe(const planned_fault& fault);

/// What happens in each lane.
using fault_plan = std::array<std::vector<planned_fault>, lanes.size()>;

/// Draws faults for a run of that length. The same arguments give the same plan. Every kind that is not left
/// out comes once before any comes twice in its lane.
fault_plan draw_plan(std::uint64_t seed, milliseconds length, const std::set<fault_kind>& left_out = {});

}  // namespace delivery::chaos
