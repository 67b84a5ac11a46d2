#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/order.hpp"
#include "ports/awaitable.hpp"

namespace delivery::ports {

/// An event on its way to, or from, the bus.
struct event_message {
    domain::order_event event;
    std::string traceparent;
};

enum class publish_outcome {
    confirmed,  ///< The bus has taken responsibility.
    returned,   ///< No queue wanted it although one must: stays pending.
    refused,    ///< Negatively acknowledged: stays pending.
    failed,     ///< Not confirmed: no connection, or no answer in time. Whether it arrived is unknown.
};

class publisher {
public:
    virtual ~publisher() = default;

    /// Publishes all and answers each, in the order of the request; they appear on the wire in that order.
    /// Never throws for a bus that is away: everything is then `failed`, at once or within the confirm
    /// deadline. Calls may overlap. Resumes on the caller's executor.
    virtual awaitable<std::vector<publish_outcome>> publish(std::span<const event_message> messages) = 0;
};

/// Names a delivery on the connection that brought it; worthless on any other, where it is ignored.
struct delivery_tag {
    std::uint64_t connection = 0;
    std::uint64_t number = 0;
};

/// A message as a worker gets it. What cannot be decoded arrives with the reason instead.
struct inbound_message {
    delivery_tag tag;
    bool redelivered = false;
    std::expected<event_message, std::string> content;
    std::string body;               ///< As received, for the dead-letter queue.
    std::string message_id;         ///< As received, may be empty.
    std::string content_type = {};  ///< As received, may be empty.
};

class consumer {
public:
    virtual ~consumer() = default;

    /// Waits for messages and answers 1 to `max` of them, as many as are there. Empty only after `stop`.
    /// One call at a time.
    virtual awaitable<std::vector<inbound_message>> receive(std::size_t max) = 0;

    /// Says that these are done. Lost acknowledgements only bring the messages again.
    virtual void acknowledge(std::span<const delivery_tag> tags) = 0;

    /// Gives these back, to be delivered again (to anyone).
    virtual void give_back(std::span<const delivery_tag> tags) = 0;

    /// Puts the message among the dead letters, with its reason, and acknowledges it. True once the dead
    /// letter is safe; false where that failed: the message is still unacknowledged then, and the caller
    /// tries again.
    virtual awaitable<bool> dead_letter(const inbound_message& message, const std::string& reason) = 0;

    /// Takes no more messages until `resume`, and gives back those that nobody has received yet; `receive`
    /// waits meanwhile. What was received may still be acknowledged or given back.
    virtual void pause() = 0;
    virtual void resume() = 0;

    /// Takes no more messages; `receive` comes back empty. Acknowledgements still go out.
    virtual void stop() = 0;
};

/// A connection of this process to the message bus, shared by its reactors; safe to use from any thread.
class bus {
public:
    virtual ~bus() = default;

    /// Names the bus for shard leases and the log; never holds a secret.
    [[nodiscard]] virtual const std::string& name() const = 0;

    /// Why the bus cannot be used right now, in words for `/readyz` and the log; nothing when it can.
    [[nodiscard]] virtual std::optional<std::string> find_fault() const = 0;

    virtual ports::publisher& publisher() = 0;

    /// Starts consuming the worker queue; the consumer resumes its callers on `where`. At most one a bus.
    virtual std::unique_ptr<consumer> consume(executor where) = 0;

    /// Ends the connections once what was acknowledged has been sent. Blocks for up to two seconds.
    virtual void close() = 0;
};

}  // namespace delivery::ports
