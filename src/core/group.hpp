#pragma once

#include <cstddef>

#include "core/spawn.hpp"
#include "core/wakeup.hpp"

namespace delivery::core {

/// Coroutines that run side by side on one executor and are waited for together. Must outlive them. An
/// exception that escapes one is a bug and ends the process, as with `spawn`; the coroutine has ended all the
/// same.
class group {
public:
    group(ports::clock& clock, const executor& where) : where_(where), ended_(clock, where) {}

    void start(awaitable<void> work) {
        ++running_;
        spawn(where_, std::move(work), [this] {
            --running_;
            ended_.notify();
        });
    }

    /// Comes back once all that was started has ended.
    awaitable<void> join() {
        while (running_ > 0) co_await ended_.wait(std::chrono::hours(1));
    }

private:
    executor where_;
    wakeup ended_;
    std::size_t running_ = 0;
};

}  // namespace delivery::core
