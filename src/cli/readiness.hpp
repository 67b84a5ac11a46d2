#pragma once

#include <atomic>
#include <chrono>

#include "http/admin_routes.hpp"
#include "ports/bus.hpp"
#include "ports/metrics.hpp"
#include "ports/store.hpp"

namespace delivery::cli {

/// Whether this process can do its work now: its store must be there, its bus may be away for a while. Asked
/// on the reactor of the store; all that it refers to must outlive it.
class readiness final : public http::health_source {
public:
    readiness(ports::store& store, const ports::bus& bus, ports::metrics& metrics,
              const std::atomic<bool>& is_stopping)
        : store_(store), bus_(bus), metrics_(metrics), is_stopping_(is_stopping) {}

    awaitable<std::vector<http::health_check>> check() override;

private:
    ports::store& store_;
    const ports::bus& bus_;
    ports::metrics& metrics_;
    const std::atomic<bool>& is_stopping_;
};

}  // namespace delivery::cli
