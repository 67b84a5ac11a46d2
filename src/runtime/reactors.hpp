#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "ports/awaitable.hpp"
#include "ports/logger.hpp"

namespace delivery::runtime {

/// One event loop a thread, `size()` of them. They run until `join`.
class reactor_pool {
public:
    /// Told of an exception that escaped everything on a reactor, on that reactor's thread. It is a bug: the
    /// process should shut down and exit with 1. The reactor itself goes on, so that the shutdown can be an
    /// orderly one.
    using fault_handler = std::function<void(const std::string& what)>;

    /// Starts the threads. `log` and what `on_fault` refers to must outlive the pool.
    reactor_pool(std::size_t size, ports::logger& log, fault_handler on_fault);
    /// Stops without draining where `join` was not called.
    ~reactor_pool();
    reactor_pool(const reactor_pool&) = delete;
    reactor_pool& operator=(const reactor_pool&) = delete;

    [[nodiscard]] std::size_t size() const;

    /// The event loop `index`, from 0; modulo the size, so that any running number is good.
    [[nodiscard]] delivery::executor executor(std::size_t index) const;

    /// Waits until no reactor has work left, and ends the threads. What is still under way after `deadline`
    /// is logged and dropped. True where everything was finished. Not to be called on a reactor.
    bool join(std::chrono::milliseconds deadline);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace delivery::runtime
