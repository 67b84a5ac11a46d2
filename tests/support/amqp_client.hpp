#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace delivery::tests {

struct amqp_message {
    std::string exchange{};
    std::string routing_key{};
    std::string body{};
    std::map<std::string, std::string> headers{};  ///< Numbers as text.
    std::string content_type{};
    std::string message_id{};
    int delivery_mode = 0;
    bool redelivered = false;
};

/// One connection to RabbitMQ, blocking, to look and to meddle. Throws std::runtime_error when anything is
/// refused.
class amqp_client {
public:
    explicit amqp_client(const std::string& url);
    ~amqp_client();
    amqp_client(const amqp_client&) = delete;
    amqp_client& operator=(const amqp_client&) = delete;

    /// Declares delivery.events as the contract has it, and from now on receives everything that it carries,
    /// through a queue of this connection's own.
    void observe_events();

    /// The same through a durable queue of that name, which outlives this connection and the broker's
    /// crashes: what arrives meanwhile is received by the next that observes it.
    void observe_events(const std::string& queue);

    /// The next observed message, acknowledged; nothing where none comes within `limit`.
    std::optional<amqp_message> next(std::chrono::milliseconds limit = std::chrono::seconds(10));

    /// Publishes as it stands, without confirm.
    void publish(const amqp_message& message);

    /// Takes the first message of a queue; nothing where it is empty.
    std::optional<amqp_message> take(const std::string& queue);

    /// The messages that wait in a queue, those held by consumers not included; nothing where there is no
    /// such queue.
    std::optional<int> depth(const std::string& queue);

private:
    struct connection;

    std::unique_ptr<connection> connection_;
};

}  // namespace delivery::tests
