#pragma once

#include <chrono>
#include <memory>

#include "domain/timestamp.hpp"
#include "ports/awaitable.hpp"

namespace delivery::ports {

using duration = std::chrono::nanoseconds;
/// A moment on the monotonic clock.
using instant = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// One wait at a time, on the executor that it was made for.
class timer {
public:
    virtual ~timer() = default;

    /// Comes back after `length`, or earlier when cancelled. Answers whether the whole time has passed.
    virtual awaitable<bool> wait(duration length) = 0;

    /// Ends the wait under way, if any. On the timer's own executor only.
    virtual void cancel() = 0;
};

/// Time as the core sees it: real, or virtual in tests and simulation. Safe to use from any thread.
class clock {
public:
    virtual ~clock() = default;
    [[nodiscard]] virtual domain::timestamp now() const = 0;
    [[nodiscard]] virtual instant monotonic() const = 0;
    virtual std::unique_ptr<timer> make_timer(executor where) = 0;
};

}  // namespace delivery::ports
