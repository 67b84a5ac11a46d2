#include "rabbitmq/connection.hpp"

#include <array>
#include <charconv>

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace delivery::rabbitmq {
namespace {

// Connecting is the one step that `interruptible_socket` does not reach, so it bounds how long closing takes.
constexpr timeval connect_timeout{.tv_sec = 2, .tv_usec = 0};
constexpr timeval handshake_timeout{.tv_sec = 5, .tv_usec = 0};
constexpr timeval call_timeout{.tv_sec = 10, .tv_usec = 0};
constexpr timeval close_timeout{.tv_sec = 1, .tv_usec = 0};

constexpr int write_patience_ms = 5'000;
constexpr int frame_size = 131'072;
constexpr int send_buffer_size = 524'288;

connection_error::cause cause_of(std::uint16_t reply_code) {
    switch (reply_code) {
        case AMQP_PRECONDITION_FAILED: return connection_error::cause::misdeclared;
        case AMQP_ACCESS_REFUSED:
        case AMQP_NOT_ALLOWED: return connection_error::cause::refused;
        default: return connection_error::cause::other;
    }
}

[[noreturn]] void fail(std::string_view action, std::string_view why,
                       connection_error::cause cause = connection_error::cause::other) {
    throw connection_error(fmt::format("{}: {}", action, why), cause);
}

struct refusal {
    std::string text;
    connection_error::cause cause = connection_error::cause::other;
};

refusal describe(const amqp_method_t& method) {
    if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
        const auto& close = *static_cast<const amqp_channel_close_t*>(method.decoded);
        return {.text = std::string(to_view(close.reply_text)), .cause = cause_of(close.reply_code)};
    }
    if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const auto& close = *static_cast<const amqp_connection_close_t*>(method.decoded);
        return {.text = std::string(to_view(close.reply_text)), .cause = cause_of(close.reply_code)};
    }
    return {.text = fmt::format("unexpected method {:#x}", method.id)};
}

void check_rpc(const amqp_rpc_reply_t& reply, std::string_view action) {
    switch (reply.reply_type) {
        case AMQP_RESPONSE_NORMAL: return;
        case AMQP_RESPONSE_NONE: fail(action, "the broker closed the connection");
        case AMQP_RESPONSE_LIBRARY_EXCEPTION: fail(action, amqp_error_string2(reply.library_error));
        case AMQP_RESPONSE_SERVER_EXCEPTION: break;
    }
    const auto refused = describe(reply.reply);
    fail(action, refused.text, refused.cause);
}

amqp_table_entry_t text_entry(const char* name, std::string_view text) {
    amqp_table_entry_t entry{.key = amqp_cstring_bytes(name), .value = {}};
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = to_bytes(text);
    return entry;
}

amqp_table_entry_t capability(const char* name) {
    amqp_table_entry_t entry{.key = amqp_cstring_bytes(name), .value = {}};
    entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    entry.value.value.boolean = 1;
    return entry;
}

amqp_socket_t* make_tls_socket(amqp_connection_state_t state, const endpoint& where) {
    auto* socket = amqp_ssl_socket_new(state);
    if (socket == nullptr) return nullptr;
    amqp_ssl_socket_set_verify_peer(socket, 1);
    amqp_ssl_socket_set_verify_hostname(socket, 1);
    if (amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) != AMQP_STATUS_OK ||
        amqp_ssl_socket_set_cacert(socket, where.ca_file.c_str()) != AMQP_STATUS_OK) {
        fail("TLS", fmt::format("the certificates in {} cannot be used", where.ca_file));
    }
    return socket;
}

}  // namespace

connection::connection(const options& settings, std::string_view part, interruptible_socket& socket_guard)
    : state_(amqp_new_connection()), socket_guard_(socket_guard) {
    if (state_ == nullptr) fail("connection", "out of memory");
    open_socket(settings.endpoint);
    if (!socket_guard_.attach(socket())) fail("connection", "closing");
    try {
        log_in(settings, part);
        amqp_channel_open(state_.get(), channel);
        check_reply("opening a channel");
    } catch (...) {
        socket_guard_.detach();
        throw;
    }
}

connection::~connection() { socket_guard_.detach(); }

void connection::open_socket(const endpoint& where) {
    check(amqp_set_handshake_timeout(state_.get(), &handshake_timeout), "handshake timeout");
    check(amqp_set_rpc_timeout(state_.get(), &call_timeout), "call timeout");
    auto* transport = where.tls ? make_tls_socket(state_.get(), where) : amqp_tcp_socket_new(state_.get());
    if (transport == nullptr) fail("connection", "no socket");
    check(amqp_socket_open_noblock(transport, where.host.c_str(), where.port, &connect_timeout),
          fmt::format("connecting to {}:{}", where.host, where.port));

    // TCP_USER_TIMEOUT is left alone: it would end a connection whose broker does not read because it blocks
    // publishers. Silence of the broker is noticed by its missing heartbeats, and nothing is written without
    // room for it, since librabbitmq would wait for that without end.
    const int on = 1;
    ::setsockopt(socket(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ::setsockopt(socket(), SOL_SOCKET, SO_SNDBUF, &send_buffer_size, sizeof(send_buffer_size));
}

void connection::log_in(const options& settings, std::string_view part) {
    const auto name = fmt::format("{} {} {}", settings.service, settings.role, part);
    std::array capabilities{capability("connection.blocked"), capability("consumer_cancel_notify"),
                            capability("publisher_confirms"), capability("basic.nack")};
    amqp_table_entry_t capability_table{.key = amqp_cstring_bytes("capabilities"), .value = {}};
    capability_table.value.kind = AMQP_FIELD_KIND_TABLE;
    capability_table.value.value.table = {.num_entries = capabilities.size(), .entries = capabilities.data()};
    std::array entries{text_entry("connection_name", name), text_entry("product", settings.service),
                       capability_table};
    const amqp_table_t properties{.num_entries = entries.size(), .entries = entries.data()};
    const auto& where = settings.endpoint;
    check_rpc(amqp_login_with_properties(state_.get(), where.vhost.c_str(), 0, frame_size,
                                         static_cast<int>(settings.heartbeat.count()), &properties,
                                         AMQP_SASL_METHOD_PLAIN, where.user.c_str(), where.password.c_str()),
              "logging in");
}

int connection::broker_version() const {
    const auto* properties = amqp_get_server_properties(state_.get());
    for (int i = 0; i < properties->num_entries; ++i) {
        const auto& entry = properties->entries[i];
        if (to_view(entry.key) != "version" || entry.value.kind != AMQP_FIELD_KIND_UTF8) continue;
        const auto text = to_view(entry.value.value.bytes);
        int major = 0;
        std::from_chars(text.data(), text.data() + text.size(), major);
        return major;
    }
    return 0;
}

const amqp_frame_t* connection::read() {
    amqp_maybe_release_buffers(state_.get());
    const timeval at_once{};
    const int status = amqp_simple_wait_frame_noblock(state_.get(), &frame_, &at_once);
    if (status == AMQP_STATUS_TIMEOUT) return nullptr;
    check(status, "reading");
    if (frame_.frame_type == AMQP_FRAME_METHOD) {
        const auto id = frame_.payload.method.id;
        if (id == AMQP_CHANNEL_CLOSE_METHOD || id == AMQP_CONNECTION_CLOSE_METHOD) {
            // Unasked, the same codes mean something else, such as an acknowledgement that came too late.
            fail("closed by the broker", describe(frame_.payload.method).text);
        }
    }
    return &frame_;
}

bool connection::is_writable() const {
    // Linux says so once a third of the send buffer is free.
    pollfd watched{.fd = socket(), .events = POLLOUT, .revents = 0};
    return ::poll(&watched, 1, 0) == 1;
}

void connection::await_writable() const {
    pollfd watched{.fd = socket(), .events = POLLOUT, .revents = 0};
    if (::poll(&watched, 1, write_patience_ms) != 1) fail("writing", "the broker does not read");
}

void connection::check(int status, std::string_view action) const {
    if (status != AMQP_STATUS_OK) fail(action, amqp_error_string2(status));
}

void connection::check_reply(std::string_view action) const {
    check_rpc(amqp_get_rpc_reply(state_.get()), action);
}

void connection::reopen_channel() {
    amqp_channel_close_ok_t seen{};
    check(amqp_send_method(state_.get(), channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &seen), "closing a channel");
    amqp_channel_open(state_.get(), channel);
    check_reply("opening a channel");
}

void connection::close() noexcept {
    amqp_set_rpc_timeout(state_.get(), &close_timeout);
    amqp_connection_close(state_.get(), AMQP_REPLY_SUCCESS);
}

corked::corked(const connection& link) : socket_(link.socket()) {
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

corked::~corked() {
    const int off = 0;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
}

}  // namespace delivery::rabbitmq
