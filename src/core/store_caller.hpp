#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <utility>

#include "core/backoff.hpp"
#include "domain/uuid.hpp"
#include "ports/clock.hpp"
#include "ports/logger.hpp"
#include "ports/metrics.hpp"
#include "ports/store_error.hpp"

namespace delivery::core {

/// What the use cases need beside their store: the same few parts everywhere. All must outlive their users.
struct surroundings {
    executor where;
    ports::clock& clock;
    ports::logger& logger;
    ports::metrics& metrics;
    /// Where chance comes from: every id generator and every series of pauses is seeded with a draw of its
    /// own. Simulation draws from its own seed, so that a run can be repeated.
    std::function<std::uint64_t()> draw_seed = domain::draw_entropy;
};

/// Calls the store with bounded, jittered retries, and measures every attempt. One executor only.
class store_caller {
public:
    struct limits {
        int attempts = 10;
        backoff::limits pause;
    };

    explicit store_caller(surroundings around);
    store_caller(surroundings around, limits bounds);

    /// Awaits `attempt()` until it answers, fails for good, or the next attempt would begin after `deadline`;
    /// then throws its last `store_error`. Once the outcome of one attempt is unknown, a later failure is
    /// reported as `outcome_unknown` too, since the earlier one may have committed.
    template <typename Attempt>
    auto call(ports::store_operation operation, ports::instant deadline, Attempt attempt)
        -> decltype(attempt()) {
        backoff pauses(limits_.pause, random_());
        bool outcome_unknown = false;
        for (int number = 1;; ++number) {
            const auto started = around_.clock.monotonic();
            std::optional<ports::store_error> failure;
            try {
                auto result = co_await attempt();
                around_.metrics.store_called(operation, around_.clock.monotonic() - started);
                co_return result;
            } catch (const ports::store_error& error) {
                failure = error;
            }
            around_.metrics.store_called(operation, around_.clock.monotonic() - started);
            outcome_unknown = outcome_unknown || failure->fault() == ports::store_fault::outcome_unknown;
            const auto pause = pauses.next();
            if (!may_retry(*failure, number, pause, deadline)) throw worst_of(*failure, outcome_unknown);
            note_retry(operation, *failure);
            co_await around_.clock.make_timer(around_.where)->wait(pause);
        }
    }

    [[nodiscard]] const surroundings& around() const { return around_; }

private:
    [[nodiscard]] bool may_retry(const ports::store_error& failure, int attempt, ports::duration pause,
                                 ports::instant deadline) const;
    void note_retry(ports::store_operation operation, const ports::store_error& failure);
    static ports::store_error worst_of(const ports::store_error& failure, bool outcome_unknown);

    surroundings around_;
    limits limits_;
    std::mt19937_64 random_;
};

}  // namespace delivery::core
