#include "rabbitmq/topology.hpp"

#include <array>

#include <fmt/format.h>

#include "core/message_codec.hpp"
#include "domain/flow.hpp"
#include "rabbitmq/connection.hpp"

namespace delivery::rabbitmq {
namespace {

void declare_exchange(connection& link, std::string_view name, std::string_view type) {
    amqp_exchange_declare(link.state(), connection::channel, to_bytes(name), to_bytes(type), 0, 1, 0, 0,
                          amqp_empty_table);
    link.check_reply(fmt::format("declaring exchange {}", name));
}

void declare_queue(connection& link, std::string_view name) {
    std::array<amqp_table_entry_t, 2> arguments{};
    arguments[0].key = amqp_cstring_bytes("x-queue-type");
    arguments[0].value.kind = AMQP_FIELD_KIND_UTF8;
    arguments[0].value.value.bytes = amqp_cstring_bytes("quorum");
    // A delivery limit counts closed connections as well, so that a crashing worker would lose innocent
    // messages. RabbitMQ 3 has none unless asked; 4 has one unless told -1, which 3 would take for "at the
    // first".
    arguments[1].key = amqp_cstring_bytes("x-delivery-limit");
    arguments[1].value.kind = AMQP_FIELD_KIND_I32;
    arguments[1].value.value.i32 = -1;
    const int count = link.broker_version() >= 4 ? 2 : 1;
    amqp_queue_declare(link.state(), connection::channel, to_bytes(name), 0, 1, 0, 0,
                       {.num_entries = count, .entries = arguments.data()});
    link.check_reply(fmt::format("declaring queue {}", name));
}

void bind_queue(connection& link, std::string_view queue, std::string_view exchange, std::string_view key) {
    amqp_queue_bind(link.state(), connection::channel, to_bytes(queue), to_bytes(exchange), to_bytes(key),
                    amqp_empty_table);
    link.check_reply(fmt::format("binding queue {}", queue));
}

}  // namespace

void declare_topology(connection& link) {
    declare_exchange(link, event_exchange, "topic");
    declare_exchange(link, dead_letter_exchange, "fanout");
    declare_queue(link, worker_queue);
    declare_queue(link, dead_letter_queue);
    for (const auto status : domain::all_statuses()) {
        if (core::has_consumer(status))
            bind_queue(link, worker_queue, event_exchange, core::routing_key(status));
    }
    bind_queue(link, dead_letter_queue, dead_letter_exchange, "");
}

}  // namespace delivery::rabbitmq
