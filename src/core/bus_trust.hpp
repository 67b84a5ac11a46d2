#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/backoff.hpp"
#include "ports/bus.hpp"
#include "ports/clock.hpp"

namespace delivery::core {

/// Whether a relay may count on its bus, by what the bus says of itself and by what became of the batches.
/// A bus is lost once nothing has been answered for as long as the patience lasts. Lost, it is tried again
/// when it knows of no fault of its own, but later each time that it fails the trial: one that takes messages
/// and never confirms them looks well, too. Pure bookkeeping.
class bus_trust {
public:
    bus_trust(ports::duration patience, std::uint64_t seed);

    /// What became of a batch that the bus was given at `begun`. Whatever the bus answers, even that no queue
    /// wants the message, shows that it works. True where the bus is lost with this batch.
    bool published(ports::instant begun, ports::instant now,
                   std::span<const ports::publish_outcome> outcomes);

    /// Whether it may be counted on now. A bus that is lost, or was never used yet, may be from the moment
    /// when it has no fault and is due for a trial. On trial, its first batch decides.
    bool is_usable(ports::instant now, bool has_fault);

private:
    [[nodiscard]] bool is_lost() const { return !counted_on_since_; }
    [[nodiscard]] bool is_worn_out(ports::instant now) const;

    ports::duration patience_;
    backoff trial_pauses_;
    ports::instant next_trial_{};
    std::optional<ports::instant> counted_on_since_;
    std::optional<ports::instant> failing_since_;
    bool is_on_trial_ = false;
};

}  // namespace delivery::core
