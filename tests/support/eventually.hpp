#pragma once

#include <chrono>
#include <thread>
#include <utility>

namespace delivery::tests {

/// Asks until the answer is true, every few milliseconds, at most for `limit`. Answers what was said last.
template <typename Predicate>
bool eventually(std::chrono::milliseconds limit, Predicate&& predicate,
                std::chrono::milliseconds pause = std::chrono::milliseconds(10)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!predicate()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(pause);
    }
    return true;
}

}  // namespace delivery::tests
