#include "support/amqp_client.hpp"

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <sys/time.h>

#include <cstdint>
#include <stdexcept>

namespace delivery::tests {
namespace {

std::string text_of(const amqp_bytes_t& bytes) {
    return bytes.len == 0 ? std::string() : std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

amqp_bytes_t bytes_of(const std::string& text) {
    return {.len = text.size(), .bytes = const_cast<char*>(text.data())};  // The library only reads it.
}

std::string text_of(const amqp_field_value_t& field) {
    switch (field.kind) {
        case AMQP_FIELD_KIND_UTF8:
        case AMQP_FIELD_KIND_BYTES: return text_of(field.value.bytes);
        case AMQP_FIELD_KIND_BOOLEAN: return field.value.boolean != 0 ? "true" : "false";
        case AMQP_FIELD_KIND_I8: return std::to_string(field.value.i8);
        case AMQP_FIELD_KIND_U8: return std::to_string(field.value.u8);
        case AMQP_FIELD_KIND_I16: return std::to_string(field.value.i16);
        case AMQP_FIELD_KIND_U16: return std::to_string(field.value.u16);
        case AMQP_FIELD_KIND_I32: return std::to_string(field.value.i32);
        case AMQP_FIELD_KIND_U32: return std::to_string(field.value.u32);
        case AMQP_FIELD_KIND_I64: return std::to_string(field.value.i64);
        case AMQP_FIELD_KIND_U64: return std::to_string(field.value.u64);
        default: return std::string("(a field of kind ") + static_cast<char>(field.kind) + ")";
    }
}

void read_content(const amqp_message_t& content, amqp_message& message) {
    message.body = text_of(content.body);
    const auto& properties = content.properties;
    if ((properties._flags & AMQP_BASIC_CONTENT_TYPE_FLAG) != 0) {
        message.content_type = text_of(properties.content_type);
    }
    if ((properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0)
        message.message_id = text_of(properties.message_id);
    if ((properties._flags & AMQP_BASIC_DELIVERY_MODE_FLAG) != 0)
        message.delivery_mode = properties.delivery_mode;
    if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) != 0) {
        for (int index = 0; index < properties.headers.num_entries; ++index) {
            const auto& entry = properties.headers.entries[index];
            message.headers.emplace(text_of(entry.key), text_of(entry.value));
        }
    }
}

struct address {
    std::string user, password, host, vhost;
    int port = 5672;
};

address parse_url(const std::string& url) {
    std::string copy = url;
    amqp_connection_info info{};
    if (amqp_parse_url(copy.data(), &info) != AMQP_STATUS_OK)
        throw std::runtime_error("not an AMQP URL: " + url);
    address result{info.user, info.password, info.host, info.vhost, info.port};
    if (result.vhost.empty()) result.vhost = "/";
    return result;
}

constexpr amqp_channel_t main_channel = 1;
constexpr amqp_channel_t probe_channel = 2;
constexpr std::uint16_t most_unacknowledged = 500;

}  // namespace

struct amqp_client::connection {
    amqp_connection_state_t state = amqp_new_connection();
    bool must_acknowledge = false;

    explicit connection(const address& where) {
        amqp_socket_t* socket = amqp_tcp_socket_new(state);
        timeval limit{.tv_sec = 10, .tv_usec = 0};
        amqp_set_handshake_timeout(state, &limit);
        amqp_set_rpc_timeout(state, &limit);
        if (socket == nullptr ||
            amqp_socket_open_noblock(socket, where.host.c_str(), where.port, &limit) != 0) {
            amqp_destroy_connection(state);
            throw std::runtime_error("no connection to RabbitMQ");
        }
        check(amqp_login(state, where.vhost.c_str(), 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, where.user.c_str(),
                         where.password.c_str()),
              "login");
        amqp_channel_open(state, main_channel);
        check(amqp_get_rpc_reply(state), "channel.open");
    }

    ~connection() { amqp_destroy_connection(state); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // A queue that does not last is exclusive to this connection, and its messages need no acknowledgement.
    void observe(const std::string& name, bool lasts) {
        const auto exchange = amqp_cstring_bytes("delivery.events");
        amqp_exchange_declare(state, main_channel, exchange, amqp_cstring_bytes("topic"), 0, 1, 0, 0,
                              amqp_empty_table);
        check(amqp_get_rpc_reply(state), "exchange.declare");
        const auto* declared = amqp_queue_declare(state, main_channel, bytes_of(name), 0, lasts ? 1 : 0,
                                                  lasts ? 0 : 1, lasts ? 0 : 1, amqp_empty_table);
        check(amqp_get_rpc_reply(state), "queue.declare");
        const std::string queue = text_of(declared->queue);
        amqp_queue_bind(state, main_channel, bytes_of(queue), exchange, amqp_cstring_bytes("#"),
                        amqp_empty_table);
        check(amqp_get_rpc_reply(state), "queue.bind");
        if (lasts) {
            amqp_basic_qos(state, main_channel, 0, most_unacknowledged, 0);
            check(amqp_get_rpc_reply(state), "basic.qos");
        }
        amqp_basic_consume(state, main_channel, bytes_of(queue), amqp_empty_bytes, 0, lasts ? 0 : 1,
                           lasts ? 0 : 1, amqp_empty_table);
        check(amqp_get_rpc_reply(state), "basic.consume");
        must_acknowledge = lasts;
    }

    void acknowledge(std::uint64_t tag) const {
        if (must_acknowledge && amqp_basic_ack(state, main_channel, tag, 0) != 0)
            throw std::runtime_error("RabbitMQ takes no acknowledgement");
    }

    static void check(const amqp_rpc_reply_t& reply, const std::string& what) {
        if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("RabbitMQ refuses " + what);
    }
};

amqp_client::amqp_client(const std::string& url)
    : connection_(std::make_unique<connection>(parse_url(url))) {}
amqp_client::~amqp_client() = default;

void amqp_client::observe_events() { connection_->observe("", false); }

void amqp_client::observe_events(const std::string& queue) { connection_->observe(queue, true); }

std::optional<amqp_message> amqp_client::next(std::chrono::milliseconds limit) {
    timeval wait{.tv_sec = limit.count() / 1000, .tv_usec = (limit.count() % 1000) * 1000};
    amqp_maybe_release_buffers(connection_->state);
    amqp_envelope_t envelope;
    const auto reply = amqp_consume_message(connection_->state, &envelope, &wait, 0);
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION && reply.library_error == AMQP_STATUS_TIMEOUT) {
        return std::nullopt;
    }
    connection::check(reply, "a message");
    amqp_message message{.exchange = text_of(envelope.exchange),
                         .routing_key = text_of(envelope.routing_key),
                         .redelivered = envelope.redelivered != 0};
    read_content(envelope.message, message);
    const auto tag = envelope.delivery_tag;
    amqp_destroy_envelope(&envelope);
    connection_->acknowledge(tag);
    return message;
}

void amqp_client::publish(const amqp_message& message) {
    std::vector<amqp_table_entry_t> entries;
    for (const auto& [name, value] : message.headers) {
        amqp_table_entry_t entry{};
        entry.key = bytes_of(name);
        entry.value.kind = AMQP_FIELD_KIND_UTF8;
        entry.value.value.bytes = bytes_of(value);
        entries.push_back(entry);
    }
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties.headers = {.num_entries = static_cast<int>(entries.size()), .entries = entries.data()};
    properties.delivery_mode = 2;
    if (!message.content_type.empty()) {
        properties._flags |= AMQP_BASIC_CONTENT_TYPE_FLAG;
        properties.content_type = bytes_of(message.content_type);
    }
    if (!message.message_id.empty()) {
        properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
        properties.message_id = bytes_of(message.message_id);
    }
    if (amqp_basic_publish(connection_->state, main_channel, bytes_of(message.exchange),
                           bytes_of(message.routing_key), 0, 0, &properties, bytes_of(message.body)) != 0) {
        throw std::runtime_error("RabbitMQ does not take a message");
    }
}

std::optional<amqp_message> amqp_client::take(const std::string& queue) {
    auto* state = connection_->state;
    amqp_maybe_release_buffers(state);
    const auto reply = amqp_basic_get(state, main_channel, bytes_of(queue), 1);
    connection::check(reply, "basic.get");
    if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) return std::nullopt;
    const auto* got = static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded);
    amqp_message message{.exchange = text_of(got->exchange),
                         .routing_key = text_of(got->routing_key),
                         .redelivered = got->redelivered != 0};
    amqp_message_t content;
    connection::check(amqp_read_message(state, main_channel, &content, 0), "a message's content");
    read_content(content, message);
    amqp_destroy_message(&content);
    return message;
}

// A queue that is missing closes the channel that asks, so this one has its own.
std::optional<int> amqp_client::depth(const std::string& queue) {
    auto* state = connection_->state;
    amqp_channel_open(state, probe_channel);
    connection::check(amqp_get_rpc_reply(state), "channel.open");
    const auto* declared =
        amqp_queue_declare(state, probe_channel, bytes_of(queue), 1, 0, 0, 0, amqp_empty_table);
    if (amqp_get_rpc_reply(state).reply_type != AMQP_RESPONSE_NORMAL) {
        amqp_channel_close_ok_t closed{};
        amqp_send_method(state, probe_channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &closed);
        return std::nullopt;
    }
    const auto count = static_cast<int>(declared->message_count);
    connection::check(amqp_channel_close(state, probe_channel, AMQP_REPLY_SUCCESS), "channel.close");
    return count;
}

}  // namespace delivery::tests
