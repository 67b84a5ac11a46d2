#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "ports/bus.hpp"

namespace delivery::memory {

/// The messages of one `publish` call, and what has become of each so far.
struct publication {
    std::vector<ports::publish_outcome> outcomes;
    std::size_t open = 0;
    bool is_abandoned = false;         ///< Its publisher has given up waiting.
    std::function<void()> on_settled;  ///< Called from any thread when none is open any more.
};

/// The queue between publishers and the consumer. Thread-safe; holds no coroutine and does no waiting.
class channel {
public:
    explicit channel(std::size_t queue_max) : queue_max_(queue_max) {}

    /// Puts the messages that a worker wants into the queue and settles the others. Without a consumer, and
    /// beyond the bound, messages fail. Answers whether anything is open.
    bool publish(const std::shared_ptr<publication>& call, std::span<const ports::event_message> messages);

    /// Gives up on what is still open; answers the outcomes, the open ones as failed.
    std::vector<ports::publish_outcome> abandon(publication& call);

    /// A consumer begins; `on_arrival` is called from any thread when there may be something to take.
    void attach(std::function<void()> on_arrival);

    /// The consumer takes no more: what waits fails, and so does what is published or given back from now on,
    /// so that no publisher waits for nothing. What was taken may still be settled.
    void refuse();

    /// The consumer ends: all that is open fails.
    void detach();

    std::vector<ports::inbound_message> take(std::size_t max);
    void settle(std::span<const ports::delivery_tag> tags);
    void give_back(std::span<const ports::delivery_tag> tags);

private:
    struct entry {
        ports::event_message message;
        std::shared_ptr<publication> call;
        std::size_t index = 0;
        bool redelivered = false;
    };

    static void settle(const entry& done, ports::publish_outcome outcome,
                       std::vector<std::function<void()>>& calls);

    std::mutex mutex_;
    std::size_t queue_max_;
    std::deque<entry> queue_;
    std::unordered_map<std::uint64_t, entry> unsettled_;
    std::uint64_t last_tag_ = 0;
    std::function<void()> on_arrival_;
};

}  // namespace delivery::memory
