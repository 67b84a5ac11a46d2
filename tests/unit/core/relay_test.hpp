#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "core/relay.hpp"
#include "domain/flow.hpp"
#include "domain/shard.hpp"
#include "unit/core/bus_doubles.hpp"
#include "unit/core/core_test.hpp"

namespace delivery::tests {

/// A relay over a store that does as it is told, and a bus likewise.
class relay_test : public core_test {
protected:
    /// A relay that has its leases.
    void start_relay(core::relay_options options = {}) {
        relay.emplace(around(), *store, publisher, identity, options);
        ended = start(relay->run());
        run_for(std::chrono::milliseconds(20));
    }

    void stop_relay() {
        relay->stop();
        poll();
    }

    /// Another relay's identity, registered as living for long.
    ports::relay_identity rival_appears() {
        const ports::relay_identity rival{.owner = new_id(), .bus = "bus"};
        database.renew_leases(rival, std::chrono::minutes(1));
        return rival;
    }

    std::size_t leases_of(const domain::uuid& owner) {
        return static_cast<std::size_t>(std::ranges::count_if(
            database.leases, [&](const auto& lease) { return lease.second.owner == owner; }));
    }

    void take_step(const domain::uuid& id) {
        const auto order = stored(id);
        const std::array steps{ports::step_request{.order_id = id,
                                                   .version = order.version,
                                                   .from = order.status,
                                                   .to = domain::next_step(order.status)->to,
                                                   .delay = {},
                                                   .event_id = new_id(),
                                                   .traceparent = some_traceparent}};
        database.take_steps(steps);
    }

    bool is_pending(const domain::uuid& id) {
        return std::ranges::any_of(database.outbox,
                                   [&](const auto& row) { return row.second.event.order_id == id; });
    }

    ports::new_order make_order_in(std::uint8_t shard) {
        auto order = make_order();
        while (domain::shard_of(order.id) != shard) order.id = new_id();
        return order;
    }

    scripted_publisher publisher{clock};
    ports::relay_identity identity{.owner = new_id(), .bus = "bus"};
    std::optional<core::relay> relay;
    std::shared_ptr<bool> ended;
};

}  // namespace delivery::tests
