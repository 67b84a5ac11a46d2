#include "chaos/plan.hpp"

#include <algorithm>
#include <random>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;

enum class target : std::uint8_t { none, one_or_both, some };

// What is drawn for a kind: bounds of its length and of its strength, and whom it strikes.
struct fault_rule {
    fault_kind kind;
    std::string_view name;
    std::size_t lane;
    milliseconds shortest;
    milliseconds longest;
    target strikes = target::none;
    int weakest = 0;
    int strongest = 0;
};

// A frozen role outlives its leases (3 s). Lengths are those of the fault itself: a killed broker is away for
// as long as it takes to start on top of that.
constexpr std::array rules{
    fault_rule{fault_kind::kill_role, "kill -9 of a role", 0, 0ms, 2500ms, target::one_or_both},
    fault_rule{fault_kind::freeze_role, "freeze of a role", 0, 3500ms, 6000ms, target::one_or_both},
    fault_rule{fault_kind::skew_clock, "clock skew of a role", 0, 0ms, 500ms, target::some, -120, 120},
    fault_rule{fault_kind::cut_clients, "clients cut off", 0, 100ms, 300ms, target::none, 1, 3},
    fault_rule{fault_kind::kill_postgres, "kill -9 of PostgreSQL", 1, 0ms, 3000ms},
    fault_rule{fault_kind::stop_postgres, "restart of PostgreSQL", 1, 0ms, 1500ms},
    fault_rule{fault_kind::fail_over, "fail-over of PostgreSQL", 1, 0ms, 2000ms},
    fault_rule{fault_kind::fill_disk, "PostgreSQL's disk full", 1, 1500ms, 4000ms},
    fault_rule{fault_kind::cut_database, "database cut off", 1, 100ms, 400ms, target::some, 1, 5},
    fault_rule{fault_kind::half_close_database, "database half-closed", 1, 0ms, 500ms, target::some},
    fault_rule{fault_kind::delay_database, "database slow to answer", 1, 1500ms, 4000ms, target::some, 5,
               400},
    fault_rule{fault_kind::throttle_database, "database throttled", 1, 1500ms, 4000ms, target::some, 2000,
               50000},
    fault_rule{fault_kind::black_hole_database, "database unreachable", 1, 1000ms, 7000ms, target::some},
    fault_rule{fault_kind::kill_broker, "kill -9 of RabbitMQ", 2, 0ms, 2000ms},
    fault_rule{fault_kind::stop_broker, "restart of RabbitMQ", 2, 0ms, 1000ms},
    fault_rule{fault_kind::memory_alarm, "memory alarm of RabbitMQ", 2, 1500ms, 5000ms},
    fault_rule{fault_kind::cut_broker, "broker cut off", 2, 100ms, 400ms, target::none, 1, 5},
    fault_rule{fault_kind::half_close_broker, "broker half-closed", 2, 0ms, 500ms},
    fault_rule{fault_kind::delay_broker, "broker slow to answer", 2, 1500ms, 4000ms, target::none, 5, 400},
    fault_rule{fault_kind::throttle_broker, "broker throttled", 2, 1500ms, 4000ms, target::none, 2000, 50000},
    fault_rule{fault_kind::black_hole_broker, "broker unreachable", 2, 1000ms, 7000ms},
};

constexpr milliseconds shortest_pause{300};
constexpr milliseconds longest_pause{1500};

const fault_rule& rule_of(fault_kind kind) { return *std::ranges::find(rules, kind, &fault_rule::kind); }

// The standard's distributions may differ between libraries; this does not.
class dice {
public:
    explicit dice(std::uint64_t seed) : random_(seed) {}

    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
    }

    milliseconds between(milliseconds low, milliseconds high) {
        return milliseconds(between(low.count(), high.count()));
    }

    template <typename T>
    void shuffle(std::vector<T>& items) {
        for (std::size_t left = items.size(); left > 1; --left) {
            std::swap(items[left - 1], items[random_() % left]);
        }
    }

private:
    std::mt19937_64 random_;
};

// One process, mostly; every fourth time both of a role; for `some`, every eighth time all of them.
std::vector<std::size_t> draw_processes(dice& chance, target strikes) {
    if (strikes == target::none) return {};
    const auto first = static_cast<std::size_t>(chance.between(0, role_of_process.size() - 1));
    const auto how_many = chance.between(0, 7);
    if (strikes == target::some && how_many == 7) return {0, 1, 2, 3, 4, 5};
    if (how_many < 2) return {first - first % 2, first - first % 2 + 1};
    return {first};
}

planned_fault draw_fault(dice& chance, fault_kind kind) {
    const auto& rule = rule_of(kind);
    planned_fault fault;
    fault.kind = kind;
    fault.pause = chance.between(shortest_pause, longest_pause);
    fault.length = chance.between(rule.shortest, rule.longest);
    fault.processes = draw_processes(chance, rule.strikes);
    fault.strength = static_cast<int>(chance.between(rule.weakest, rule.strongest));
    return fault;
}

std::vector<planned_fault> draw_lane(dice chance, milliseconds length, const std::vector<fault_kind>& kinds) {
    std::vector<planned_fault> faults;
    milliseconds total{};
    while (total < length && !kinds.empty()) {
        auto deck = kinds;
        chance.shuffle(deck);
        for (const auto kind : deck) {
            faults.push_back(draw_fault(chance, kind));
            total += faults.back().pause + faults.back().length;
        }
    }
    return faults;
}

}  // namespace

std::string_view to_string(fault_kind kind) { return rule_of(kind).name; }

std::size_t lane_of(fault_kind kind) { return rule_of(kind).lane; }

std::vector<fault_kind> all_fault_kinds() {
    std::vector<fault_kind> kinds;
    for (const auto& rule : rules) kinds.push_back(rule.kind);
    return kinds;
}

std::string describe(const planned_fault& fault) {
    std::string text(to_string(fault.kind));
    if (!fault.processes.empty()) {
        std::vector<std::string> names;
        for (const auto index : fault.processes) {
            names.push_back(fmt::format("{} {}", role_of_process.at(index), index % 2 + 1));
        }
        text += fmt::format(": {}", fmt::join(names, ", "));
    }
    if (fault.strength != 0) text += fmt::format(" (strength {})", fault.strength);
    if (fault.length > 0ms) text += fmt::format(" for {} ms", fault.length.count());
    return text;
}

fault_plan draw_plan(std::uint64_t seed, milliseconds length, const std::set<fault_kind>& left_out) {
    fault_plan plan;
    for (std::size_t lane = 0; lane < plan.size(); ++lane) {
        std::vector<fault_kind> kinds;
        for (const auto& rule : rules) {
            if (rule.lane == lane && !left_out.contains(rule.kind)) kinds.push_back(rule.kind);
        }
        plan.at(lane) = draw_lane(dice(seed * plan.size() + lane), length, kinds);
    }
    return plan;
}

}  // namespace delivery::chaos
