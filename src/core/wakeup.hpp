#pragma once

#include <memory>

#include "ports/clock.hpp"

namespace delivery::core {

/// A bell for one waiting coroutine: `notify` ends the wait under way or, when there is none, the next one.
/// Used on one executor only.
class wakeup {
public:
    wakeup(ports::clock& clock, const executor& where) : timer_(clock.make_timer(where)) {}

    void notify() {
        rung_ = true;
        timer_->cancel();
    }

    /// Comes back after `length`, or at once when the bell was or is rung.
    awaitable<void> wait(ports::duration length) {
        if (!rung_) co_await timer_->wait(length);
        rung_ = false;
    }

private:
    std::unique_ptr<ports::timer> timer_;
    bool rung_ = false;
};

}  // namespace delivery::core
