#pragma once

#include <chrono>

namespace delivery::rabbitmq {

/// What a broker thread sleeps on: its socket, and a signal that any thread may give.
class wake_event {
public:
    wake_event();
    ~wake_event();
    wake_event(const wake_event&) = delete;
    wake_event& operator=(const wake_event&) = delete;

    /// Ends the sleep under way, or else the next one. Safe to call from any thread.
    void signal() noexcept;

    /// Sleeps until there is a signal, `longest` has passed, or the socket can be read (or written, where
    /// `writable` is set). No socket is -1.
    void sleep(std::chrono::nanoseconds longest, int socket = -1, bool writable = false);

private:
    int descriptor_;
};

}  // namespace delivery::rabbitmq
