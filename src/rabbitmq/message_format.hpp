#pragma once

#include <cstdint>
#include <string>

#include "ports/bus.hpp"
#include "rabbitmq/incoming_content.hpp"

namespace delivery::rabbitmq {

class connection;

/// A message on its way to the dead-letter queue.
struct dead_letter_copy {
    std::string body;
    std::string message_id;
    std::string content_type;
    std::string reason;
};

/// Write one message each to the connection's channel, both persistent: an event in CloudEvents' binary mode
/// (`mandatory` where a worker must hear of it), and a dead letter with its reason (always `mandatory`).
void publish_event(connection& link, const ports::event_message& message, const std::string& message_id);
void publish_dead_letter(connection& link, const dead_letter_copy& letter);

/// What a worker gets to see of a delivery on connection number `epoch`. Only the body and what says how to
/// read it can make a message undecodable: other producers need not send CloudEvents headers.
ports::inbound_message to_inbound(incoming_content content, std::uint64_t epoch);

}  // namespace delivery::rabbitmq
