#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string_view>

#include "support/simulated_time.hpp"

namespace delivery::tests {

/// Chance, in thousandths.
using per_mille = int;

/// What becomes of one call on its way through the network.
enum class crossing { safe, request_lost, answer_lost };

/// Asked before every call, to single one out.
using crossing_guard = std::function<crossing()>;

/// What goes wrong between a process and its store.
struct network_faults {
    ports::duration delay_max = std::chrono::milliseconds(4);
    per_mille slow = 0;          ///< The request takes up to a second.
    per_mille request_lost = 0;  ///< `unavailable`, and nothing happens.
    per_mille conflict = 0;      ///< `conflict`, and nothing happens.
    per_mille answer_lost =
        0;  ///< `outcome_unknown`, and it did happen; `unavailable` where nothing is written.
    per_mille answer_too_soon = 0;  ///< `outcome_unknown`, and it happens up to two seconds later.
    bool is_down = false;
};

/// Carries calls from simulated processes to a server, whose effects happen there whatever becomes of the
/// caller meanwhile: it may be frozen, or gone.
class simulated_network {
public:
    simulated_network(simulated_time& time, std::mt19937_64& random) : time_(time), random_(random) {}

    /// Runs `effect` at the server after a while and comes back after another; or fails as the faults say. As
    /// `effect_carrier`, with the caller's clock and executor. No request of a caller that is cut off
    /// arrives.
    awaitable<void> carry(simulated_clock& clock, executor where, bool is_cut_off, std::string_view call,
                          std::function<void()> effect);

    network_faults faults;
    crossing_guard guard = [] { return crossing::safe; };

private:
    struct round_trip;

    void send(const std::shared_ptr<round_trip>& trip, bool is_cut_off);
    void answer(const std::shared_ptr<round_trip>& trip, ports::duration delay);
    bool happens(per_mille chance);
    ports::duration delay();

    simulated_time& time_;
    std::mt19937_64& random_;
};

}  // namespace delivery::tests
