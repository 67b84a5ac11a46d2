#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "chaos/evidence.hpp"

namespace delivery::chaos {

/// Another system that listens to delivery.events, through a durable queue of its own on which nothing that
/// was confirmed is lost. Connects again whenever it must.
class observer {
public:
    /// Comes back once the queue is bound: nothing published from then on is missed.
    explicit observer(std::string rabbitmq_url);
    ~observer();
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;

    /// How many different events were heard.
    [[nodiscard]] std::uint64_t events() const { return events_; }

    /// Ends the observation.
    wire_record take_record();

private:
    void observe();

    std::string url_;
    wire_record record_;
    std::atomic<std::uint64_t> events_ = 0;
    std::atomic<bool> is_stopping_ = false;
    std::jthread thread_;
};

}  // namespace delivery::chaos
