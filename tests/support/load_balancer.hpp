#pragma once

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "support/tcp_proxy.hpp"

namespace delivery::tests {

/// A load balancer of the simplest kind: it asks each process for /readyz ten times a second, and gives new
/// connections to the ready ones in turn. It tries nothing again: a client of a process that takes no more
/// connections finds its own closed.
class load_balancer {
public:
    /// One of the ports at least must be ready already.
    explicit load_balancer(std::vector<int> ports);
    load_balancer(const load_balancer&) = delete;
    load_balancer& operator=(const load_balancer&) = delete;
    ~load_balancer();

    [[nodiscard]] int port() const { return proxy_.port(); }

    /// Has another process ready to take clients.
    void add(int port);

private:
    void watch();
    [[nodiscard]] std::vector<int> ready_ports();

    std::mutex mutex_;
    std::vector<int> ports_;
    tcp_proxy proxy_;
    std::atomic<bool> is_stopping_ = false;
    std::jthread thread_;
};

}  // namespace delivery::tests
