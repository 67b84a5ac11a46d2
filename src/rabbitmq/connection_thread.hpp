#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "ports/clock.hpp"
#include "rabbitmq/bus_factory.hpp"
#include "rabbitmq/interruptible_socket.hpp"
#include "rabbitmq/link_status.hpp"
#include "rabbitmq/wake_event.hpp"

namespace delivery::rabbitmq {

class connection;

/// What a broker connection is used for. All calls are made on the connection's thread; those with a
/// connection may throw `connection_error`, which ends it.
class connection_user {
public:
    /// When to run again at the latest, and whether to run as soon as the broker reads.
    struct next_run {
        std::optional<ports::instant> at;
        bool when_writable = false;
    };

    virtual ~connection_user() = default;

    /// There is a new connection, with the topology declared.
    virtual void connected(connection& link) = 0;
    /// The connection is gone, and with it all that was under way on it.
    virtual void disconnected() = 0;
    /// Something may have changed. There is a connection or there is none.
    virtual next_run run(connection* link) = 0;
    /// Whether nothing is left that closing should wait for.
    [[nodiscard]] virtual bool is_drained() const = 0;
};

/// A thread that keeps one connection to the broker for its user: connects, waits longer after each failure,
/// declares the topology, and runs the user whenever the socket or a command calls for it. librabbitmq is
/// called on it only.
class connection_thread {
public:
    /// Starts at once. `part` names the connection; everything referred to must outlive this.
    connection_thread(const options& settings, std::string_view part, connection_user& user,
                      link_status& status, ports::clock& clock);
    /// Ends without delay where `finish` was not called.
    ~connection_thread();

    /// Makes the thread run its user soon. Safe to call from any thread.
    void wake() noexcept { event_.signal(); }

    /// Lets the thread end once its user is drained, at the latest after `patience`; interrupts it after
    /// twice that. To be called once; `join` waits for it.
    void finish(std::chrono::milliseconds patience);
    void join();

private:
    void loop();
    void serve(connection& link);
    [[nodiscard]] bool is_finishing() const { return finish_by_.load() != ports::instant::max(); }
    [[nodiscard]] ports::duration until(std::optional<ports::instant> time, ports::duration longest) const;
    void pause(ports::duration length);

    const options& settings_;
    const std::string part_;
    connection_user& user_;
    link_status& status_;
    ports::clock& clock_;
    wake_event event_;
    interruptible_socket socket_guard_;
    std::atomic<ports::instant> finish_by_{ports::instant::max()};
    std::atomic<bool> ended_{false};
    std::thread thread_;
};

}  // namespace delivery::rabbitmq
