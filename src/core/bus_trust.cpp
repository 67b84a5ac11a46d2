#include "core/bus_trust.hpp"

#include <algorithm>

namespace delivery::core {
namespace {

/// Of a bus that fails trial after trial, healthy relays do without the rest for most of the time.
constexpr backoff::limits trial_pauses{.first = std::chrono::seconds(1), .most = std::chrono::seconds(30)};

bool is_answered(ports::publish_outcome outcome) { return outcome != ports::publish_outcome::failed; }

}  // namespace

bus_trust::bus_trust(ports::duration patience, std::uint64_t seed)
    : patience_(patience), trial_pauses_(trial_pauses, seed) {}

bool bus_trust::published(ports::instant begun, ports::instant now,
                          std::span<const ports::publish_outcome> outcomes) {
    if (std::ranges::any_of(outcomes, is_answered)) {
        if (is_lost()) counted_on_since_ = now;
        failing_since_.reset();
        is_on_trial_ = false;
        trial_pauses_.reset();
        return false;
    }
    // A batch of before the trial says nothing about it.
    if (is_lost() || begun < *counted_on_since_) return false;
    if (!failing_since_) failing_since_ = begun;
    if (!is_worn_out(now)) return false;
    counted_on_since_.reset();
    next_trial_ = now + trial_pauses_.next();
    return true;
}

bool bus_trust::is_usable(ports::instant now, bool has_fault) {
    if (is_lost() && !has_fault && now >= next_trial_) {
        counted_on_since_ = now;
        failing_since_.reset();
        is_on_trial_ = true;
    }
    return !is_lost();
}

bool bus_trust::is_worn_out(ports::instant now) const {
    return is_on_trial_ || now - *failing_since_ >= patience_;
}

}  // namespace delivery::core
