#include "support/load_balancer.hpp"

#include <chrono>
#include <utility>

#include "support/http_client.hpp"

namespace delivery::tests {

constexpr std::chrono::milliseconds probe_interval{100};

load_balancer::load_balancer(std::vector<int> ports)
    : ports_(std::move(ports)), proxy_(ready_ports().at(0)), thread_([this] { watch(); }) {}

load_balancer::~load_balancer() {
    is_stopping_ = true;
    thread_.join();
}

void load_balancer::add(int port) {
    const std::lock_guard lock(mutex_);
    ports_.push_back(port);
}

std::vector<int> load_balancer::ready_ports() {
    std::vector<int> all;
    {
        const std::lock_guard lock(mutex_);
        all = ports_;
    }
    std::erase_if(all, [](int port) {
        const auto answer = try_http_request(port, "GET", "/readyz");
        return !answer || answer->status != 200;
    });
    return all;
}

void load_balancer::watch() {
    for (std::size_t turn = 0; !is_stopping_; ++turn) {
        const auto ready = ready_ports();
        if (!ready.empty()) proxy_.redirect(ready[turn % ready.size()]);
        std::this_thread::sleep_for(probe_interval);
    }
}

}  // namespace delivery::tests
