#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "chaos/evidence.hpp"
#include "chaos/succession_log.hpp"

namespace delivery::chaos {

/// Measures the longest time between two good answers, from its making to its end.
class gap_meter {
public:
    using clock = std::chrono::steady_clock;

    explicit gap_meter(clock::time_point begin) : last_(begin) {}

    void succeed(clock::time_point now);
    [[nodiscard]] std::chrono::milliseconds longest() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(longest_);
    }

private:
    clock::time_point last_;
    clock::duration longest_{};
};

/// What all clients of a run share.
class client_board {
public:
    /// The ports of the APIs, between which clients change whenever one does not answer.
    client_board(std::vector<int> ports, const succession_log& of_database)
        : ports(std::move(ports)), successions(of_database) {}

    void succeed();
    void acknowledge(acknowledged_order order);
    /// One of the orders acknowledged lately, and the latest; nothing where there is none.
    std::optional<acknowledged_order> some_acknowledged(std::size_t draw) const;
    std::optional<acknowledged_order> last_acknowledged() const;
    [[nodiscard]] std::chrono::milliseconds longest_gap();

    const std::vector<int> ports;
    const succession_log& successions;
    std::atomic<bool> is_stopping = false;

private:
    mutable std::mutex mutex_;
    gap_meter gaps_{gap_meter::clock::now()};
    std::array<acknowledged_order, 1000> recent_{};
    std::size_t acknowledged_ = 0;
};

/// Clients that post orders, with and without an Idempotency-Key, and read them, until told to stop. They
/// bear with everything: what is not answered is tried again with its key, or given up without one. What is
/// answered they hold against what they know.
class client_crowd {
public:
    client_crowd(std::vector<int> ports, const succession_log& of_database, std::uint64_t seed);
    ~client_crowd();
    client_crowd(const client_crowd&) = delete;
    client_crowd& operator=(const client_crowd&) = delete;

    [[nodiscard]] std::optional<acknowledged_order> some_acknowledged() const {
        return board_.some_acknowledged(0);
    }

    /// Lets every client finish the request that it has begun.
    void stop();

    /// Once they have stopped.
    client_record take_record();

private:
    class client;

    client_board board_;
    std::vector<std::unique_ptr<client>> clients_;
    std::vector<std::jthread> threads_;
};

}  // namespace delivery::chaos
