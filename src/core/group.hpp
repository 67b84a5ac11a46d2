#pragma once

#include <cstddef>

#include "core/spawn.hpp"
#include "core/wakeup.hpp"

namespace delivery::core {

/// Coroutines that run side by side on one executor and are waited for together. Must outlive them.
class group {
public:
    group(ports::clock& clock, const executor& where) : where_(where), ended_(clock, where) {}

    void start(awaitable<void> work) {
        ++running_;
        spawn(where_, follow(std::move(work)));
    }

    /// Comes back once all that was started has ended.
    awaitable<void> join() {
        while (running_ > 0) co_await ended_.wait(std::chrono::hours(1));
    }

private:
    awaitable<void> follow(awaitable<void> work) {
        co_await std::move(work);
        --running_;
        ended_.notify();
    }

    executor where_;
    wakeup ended_;
    std::size_t running_ = 0;
};

}  // namespace delivery::core
