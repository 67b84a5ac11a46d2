#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "cli/database.hpp"
#include "cli/process.hpp"
#include "cli/readiness.hpp"
#include "core/auditor.hpp"
#include "core/order_service.hpp"
#include "core/relay.hpp"
#include "core/worker.hpp"
#include "http/router.hpp"
#include "ports/bus.hpp"

namespace delivery::cli {

/// Wakes up the relay of this process, from any thread; many calls at once are one.
class relay_bell {
public:
    void ring();

    /// Connects and disconnects the relay; it must not go away in between.
    void connect(executor where, core::relay& relay);

private:
    executor where_;
    std::atomic<core::relay*> relay_ = nullptr;
    std::atomic<bool> is_rung_ = false;
};

/// One reactor's part of the API: a store of its own, with the service over it.
class api_lane {
public:
    api_lane(process& in, std::size_t reactor, database& stored, relay_bell& bell);

    ports::store& store() { return *store_; }
    core::order_service& orders() { return *orders_; }
    [[nodiscard]] std::size_t reactor() const { return reactor_; }

private:
    std::size_t reactor_;
    std::unique_ptr<ports::store> store_;
    std::unique_ptr<core::order_service> orders_;
};

/// The relay of a process, on one reactor, and its audits. Begins to work when it is made.
class relay_role {
public:
    relay_role(process& in, std::size_t reactor, ports::store& store, ports::bus& bus, relay_bell& bell);

    /// Asks it to end, and waits until it has; closes the bus where it takes too long. Blocks.
    void stop();

private:
    executor where_;
    ports::bus& bus_;
    core::relay relay_;
    core::auditor auditor_;
    std::future<void> ended_;
    std::future<void> audits_ended_;
};

/// The worker of a process, on one reactor. Begins to work when it is made.
class worker_role {
public:
    worker_role(process& in, std::size_t reactor, ports::store& store, ports::bus& bus, relay_bell& bell);

    /// Asks it to end, and waits until it has; closes the bus where it takes too long. Blocks.
    void stop();

private:
    executor where_;
    ports::bus& bus_;
    std::unique_ptr<ports::consumer> consumer_;
    core::worker worker_;
    std::future<void> ended_;
};

}  // namespace delivery::cli
