#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <amqp.h>

#include "rabbitmq/bus_factory.hpp"
#include "rabbitmq/interruptible_socket.hpp"

namespace delivery::rabbitmq {

/// The connection is of no use any more and has to be made anew. `what()` is for the log; it holds no secret.
class connection_error : public std::runtime_error {
public:
    enum class cause { other, misdeclared, refused };

    explicit connection_error(const std::string& what, cause why = cause::other)
        : std::runtime_error(what), why_(why) {}

    /// An exchange or queue of this name exists with other properties: only a person can mend that.
    [[nodiscard]] bool is_misdeclared() const { return why_ == cause::misdeclared; }

    /// The broker is there, and does not let this user in or do this: only a person can mend that, too.
    [[nodiscard]] bool is_refused() const { return why_ == cause::refused; }

private:
    cause why_;
};

/// One connection to the broker with one open channel, for the thread that made it. Everything throws
/// `connection_error` and blocks for a few seconds at most.
class connection {
public:
    static constexpr amqp_channel_t channel = 1;

    /// Connects, logs in and opens the channel. `part` is the last word of the connection's name.
    connection(const options& settings, std::string_view part, interruptible_socket& socket_guard);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    [[nodiscard]] amqp_connection_state_t state() const { return state_.get(); }
    [[nodiscard]] int socket() const { return amqp_get_sockfd(state_.get()); }

    /// The broker's major version; 0 where it does not say.
    [[nodiscard]] int broker_version() const;

    /// The next frame that has arrived, if any; serves heartbeats, too, so it must be called more often than
    /// they are. Frames that end the channel or the connection are thrown as errors. What the frame points at
    /// is valid until the next call.
    const amqp_frame_t* read();

    /// Whether some tens of messages can be written without waiting for the broker to read.
    [[nodiscard]] bool is_writable() const;
    /// Waits until it is. Throws `connection_error` where the broker does not read for five seconds.
    void await_writable() const;

    /// Throw where a librabbitmq call, named by `action`, went wrong.
    void check(int status, std::string_view action) const;
    void check_reply(std::string_view action) const;

    /// Opens the channel anew after the broker has closed it over a call that it refused.
    void reopen_channel();

    /// Ends the connection in order, within a second.
    void close() noexcept;

private:
    struct destroyer {
        void operator()(amqp_connection_state_t state) const { amqp_destroy_connection(state); }
    };

    void open_socket(const endpoint& where);
    void log_in(const options& settings, std::string_view part);

    std::unique_ptr<amqp_connection_state_t_, destroyer> state_;
    interruptible_socket& socket_guard_;
    amqp_frame_t frame_{};
};

/// Gathers what is written during its life into full packets.
class corked {
public:
    explicit corked(const connection& link);
    ~corked();
    corked(const corked&) = delete;
    corked& operator=(const corked&) = delete;

private:
    int socket_;
};

inline amqp_bytes_t to_bytes(std::string_view text) {
    // librabbitmq does not write to what it is given to send.
    return {.len = text.size(), .bytes = const_cast<char*>(text.data())};
}

inline std::string_view to_view(amqp_bytes_t bytes) {
    return bytes.len == 0 ? std::string_view{}
                          : std::string_view(static_cast<const char*>(bytes.bytes), bytes.len);
}

}  // namespace delivery::rabbitmq
