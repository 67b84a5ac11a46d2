#pragma once

#include <chrono>
#include <memory>

#include "ports/logger.hpp"

namespace delivery::runtime {

/// Waits for the wish to stop: SIGTERM, SIGINT, or a fault inside. While it lives, the first signal asks for
/// an orderly stop and the second one ends the process at once, with exit status 1. Ignores SIGPIPE from then
/// on. At most one in a process.
class stop_signals {
public:
    /// `log` must outlive it.
    explicit stop_signals(ports::logger& log);
    ~stop_signals();
    stop_signals(const stop_signals&) = delete;
    stop_signals& operator=(const stop_signals&) = delete;

    /// Asks for a stop from inside, with the exit status to end with. The highest status of all requests
    /// counts. Safe to call from any thread.
    void request(int exit_status) noexcept;

    /// Blocks until somebody asks for a stop.
    void wait();

    /// Comes back once somebody asks for a stop or the time is over; true where somebody did.
    bool wait_for(std::chrono::milliseconds length);

    /// What to end with: 0 after a signal, or the highest requested status.
    [[nodiscard]] int exit_status() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace delivery::runtime
