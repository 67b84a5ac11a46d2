#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>

namespace delivery::tests {

/// Stands between a client and a server on 127.0.0.1, in a thread of its own, and misbehaves when told. What
/// is set holds at once, for connections that are open too.
class tcp_proxy {
public:
    explicit tcp_proxy(int server_port);
    ~tcp_proxy();
    tcp_proxy(const tcp_proxy&) = delete;
    tcp_proxy& operator=(const tcp_proxy&) = delete;

    [[nodiscard]] int port() const { return port_; }

    /// Forwards everything, as at the beginning. Ends every fault below.
    void pass();
    /// Holds every piece back for so long.
    void delay(std::chrono::milliseconds length) { delay_ms_ = static_cast<int>(length.count()); }
    /// Forwards at most so many bytes a second, in each direction of each connection.
    void throttle(std::size_t bytes_per_second) { bytes_per_second_ = bytes_per_second; }
    /// Forwards nothing any more and closes nothing, as a network that has gone away.
    void black_hole() { is_black_hole_ = true; }
    /// Closes new connections as soon as they are made.
    void refuse_new() { refuses_new_ = true; }
    /// Ends every open connection, with a reset on both sides.
    void cut_all() { ++cuts_; }
    /// The same to every second one.
    void cut_half() { ++half_cuts_; }
    /// Tells the server, on every open connection, that the client sends no more; answers still pass.
    void half_close() { ++half_closes_; }

    /// Leads connections made from now on to another server; those that are open stay where they are.
    void redirect(int server_port) { server_port_ = server_port; }

    /// How many are open, and how many clients have ever come, those included that were refused.
    [[nodiscard]] std::size_t connections() const { return connections_; }
    [[nodiscard]] std::size_t attempts() const { return attempts_; }

private:
    class worker;

    int port_ = 0;
    std::atomic<int> delay_ms_ = 0;
    std::atomic<std::size_t> bytes_per_second_ = 0;
    std::atomic<bool> is_black_hole_ = false;
    std::atomic<bool> refuses_new_ = false;
    std::atomic<int> server_port_;
    std::atomic<int> cuts_ = 0;
    std::atomic<int> half_cuts_ = 0;
    std::atomic<int> half_closes_ = 0;
    std::atomic<std::size_t> connections_ = 0;
    std::atomic<std::size_t> attempts_ = 0;
    std::atomic<bool> is_stopping_ = false;
    std::unique_ptr<worker> worker_;
    std::jthread thread_;
};

}  // namespace delivery::tests
