#include "chaos/shortfalls.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;

// Every lane has begun its first fault long before.
constexpr auto long_enough = 10s;
constexpr std::size_t one_in_how_many_may_fail = 20;

std::uint64_t made_of(const fault_record& faults, fault_kind kind) {
    const auto found = faults.made.find(kind);
    return found == faults.made.end() ? 0 : found->second;
}

std::size_t failed_of(const fault_record& faults, fault_kind kind) {
    return static_cast<std::size_t>(std::ranges::count(faults.failed, kind, &failed_fault::kind));
}

void find_idle_lanes(const fault_record& faults, std::vector<std::string>& shortfalls) {
    if (faults.length < long_enough) return;
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        const auto has_struck = [&](fault_kind kind) {
            return lane_of(kind) == lane && made_of(faults, kind) > 0;
        };
        if (std::ranges::none_of(all_fault_kinds(), has_struck))
            shortfalls.push_back(fmt::format("nothing struck {}", lanes.at(lane)));
    }
}

// Among the many that are carried out, one kind that never is would hide.
void find_vain_kinds(const fault_record& faults, std::vector<std::string>& shortfalls) {
    for (const auto kind : all_fault_kinds()) {
        const auto failed = failed_of(faults, kind);
        if (failed > 1 && made_of(faults, kind) == 0)
            shortfalls.push_back(
                fmt::format("{}: tried {} times, never carried out", to_string(kind), failed));
    }
}

void find_frequent_failures(const fault_record& faults, std::vector<std::string>& shortfalls) {
    auto tried = faults.failed.size();
    for (const auto& [kind, count] : faults.made) tried += count;
    if (faults.failed.size() > std::max<std::size_t>(1, tried / one_in_how_many_may_fail))
        shortfalls.push_back(
            fmt::format("{} of {} faults were not carried out", faults.failed.size(), tried));
}

}  // namespace

std::vector<std::string> find_shortfalls(const fault_record& faults) {
    std::vector<std::string> shortfalls;
    find_idle_lanes(faults, shortfalls);
    find_vain_kinds(faults, shortfalls);
    find_frequent_failures(faults, shortfalls);
    return shortfalls;
}

}  // namespace delivery::chaos
