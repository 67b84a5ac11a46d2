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

void declare_queue(connection& link, std::string_view name, delivery_limit limit) {
    std::array<amqp_table_entry_t, 2> arguments{};
    arguments[0].key = amqp_cstring_bytes("x-queue-type");
    arguments[0].value.kind = AMQP_FIELD_KIND_UTF8;
    arguments[0].value.value.bytes = amqp_cstring_bytes("quorum");
    arguments[1].key = amqp_cstring_bytes("x-delivery-limit");
    arguments[1].value.kind = AMQP_FIELD_KIND_I32;
    arguments[1].value.value.i32 = limit.value_or(0);
    amqp_queue_declare(link.state(), connection::channel, to_bytes(name), 0, 1, 0, 0,
                       {.num_entries = limit ? 2 : 1, .entries = arguments.data()});
    link.check_reply(fmt::format("declaring queue {}", name));
}

/// Why the queue that is there has another limit or is of another kind altogether; nothing where it is as
/// told.
std::optional<connection_error> find_mismatch(connection& link, std::string_view queue,
                                              delivery_limit limit) {
    try {
        declare_queue(link, queue, limit);
    } catch (const connection_error& error) {
        if (!error.is_misdeclared()) throw;
        return error;
    }
    return std::nullopt;
}

/// Answers whether the queue has the wanted limit.
bool declare_queue(connection& link, std::string_view name, const delivery_limits& limits) {
    const auto mismatch = find_mismatch(link, name, limits.wanted);
    if (!mismatch) return true;
    link.reopen_channel();
    // A queue that fits neither way has another fault, which is told as of the first.
    if (find_mismatch(link, name, limits.accepted)) throw connection_error(*mismatch);
    return false;
}

void bind_queue(connection& link, std::string_view queue, std::string_view exchange, std::string_view key) {
    amqp_queue_bind(link.state(), connection::channel, to_bytes(queue), to_bytes(exchange), to_bytes(key),
                    amqp_empty_table);
    link.check_reply(fmt::format("binding queue {}", queue));
}

}  // namespace

// A delivery limit counts closed connections as well, so that a crashing worker would lose innocent messages.
// RabbitMQ 3 has none unless asked; 4 has one unless told -1, which 3 takes for "at the first". A queue keeps
// what it was declared with when its broker is upgraded, or while the versions of a cluster's nodes differ.
delivery_limits unlimited_on(int broker_version) {
    constexpr delivery_limit no_limit = -1;
    if (broker_version >= 4) return {.wanted = no_limit, .accepted = std::nullopt};
    return {.wanted = std::nullopt, .accepted = no_limit};
}

std::vector<std::string_view> declare_topology(connection& link, const delivery_limits& limits) {
    std::vector<std::string_view> otherwise_limited;
    declare_exchange(link, event_exchange, "topic");
    declare_exchange(link, dead_letter_exchange, "fanout");
    for (const auto queue : {worker_queue, dead_letter_queue}) {
        if (!declare_queue(link, queue, limits)) otherwise_limited.push_back(queue);
    }
    for (const auto status : domain::all_statuses()) {
        if (core::has_consumer(status))
            bind_queue(link, worker_queue, event_exchange, core::routing_key(status));
    }
    bind_queue(link, dead_letter_queue, dead_letter_exchange, "");
    return otherwise_limited;
}

}  // namespace delivery::rabbitmq
