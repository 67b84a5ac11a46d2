#pragma once

#include <deque>
#include <functional>
#include <random>
#include <string>

#include "core/group.hpp"
#include "core/store_caller.hpp"
#include "core/wakeup.hpp"
#include "ports/bus.hpp"

namespace delivery::core {

/// Puts messages that can never succeed among the dead letters, one after the other, each until it is safe.
/// They are unacknowledged until then. Used on one executor; must outlive what it began, which `join` waits
/// for.
class burials {
public:
    /// `on_buried` is called for each message once its letter is safe.
    burials(const surroundings& around, ports::consumer& consumer,
            std::function<void(const ports::inbound_message&)> on_buried);

    /// Does not wait until the letter is safe, as long as few wait for that: a broker that takes no messages
    /// for now still delivers those that can succeed. One call at a time.
    awaitable<void> add(const ports::inbound_message& message, std::string reason);

    /// Each letter that waits is tried once more; where that fails, its message is given back.
    void stop();
    awaitable<void> join() { return tasks_.join(); }

private:
    struct burial {
        ports::inbound_message message;
        std::string reason;
    };

    awaitable<void> bury_waiting();
    awaitable<void> bury(const burial& next);
    void note(const burial& done);

    surroundings around_;
    ports::consumer& consumer_;
    std::function<void(const ports::inbound_message&)> on_buried_;
    std::mt19937_64 random_;
    group tasks_;
    wakeup room_bell_;
    wakeup retry_bell_;
    std::deque<burial> waiting_;
    bool is_stopping_ = false;
};

}  // namespace delivery::core
