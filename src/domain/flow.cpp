#include "domain/flow.hpp"

#include <algorithm>
#include <array>

namespace delivery::domain {
namespace {

constexpr std::array statuses{status::received, status::in_transit, status::delivered};

constexpr std::array steps{
    step{status::received, status::in_transit, stage::picking},
    step{status::in_transit, status::delivered, stage::transit},
};

}  // namespace

std::span<const status> all_statuses() { return statuses; }

std::span<const step> all_steps() { return steps; }

std::optional<step> next_step(status from) {
    const auto found = std::ranges::find(steps, from, &step::from);
    if (found == steps.end()) return std::nullopt;
    return *found;
}

bool is_legal(status from, status to) {
    return std::ranges::any_of(steps, [=](const step& s) { return s.from == from && s.to == to; });
}

bool is_finished(status value) { return !next_step(value).has_value(); }

std::chrono::milliseconds stage_durations::of(stage value) const {
    return value == stage::picking ? picking : transit;
}

}  // namespace delivery::domain
