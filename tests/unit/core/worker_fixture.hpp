#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/worker.hpp"
#include "unit/core/bus_doubles.hpp"
#include "unit/core/core_test.hpp"

namespace delivery::tests {

class worker_test : public core_test {
protected:
    static constexpr domain::stage_durations at_once{.picking = std::chrono::milliseconds(0),
                                                     .transit = std::chrono::milliseconds(0)};

    void start_worker(core::worker_options options = {.durations = at_once}) {
        options.on_outbox_written = [this] { ++writes_told; };
        worker.emplace(around(), *store, consumer, options);
        ended = start(worker->run());
        poll();
    }

    std::uint64_t deliver(const domain::uuid& id, std::int32_t version = 1, bool redelivered = false) {
        return consumer.deliver(message_about(id, version), redelivered);
    }

    void cut_off_from_store() {
        for (const auto* operation : store_operations)
            script.fail_always(operation, ports::store_fault::unavailable);
    }

    void reconnect_to_store() {
        for (const auto* operation : store_operations) script.heal(operation);
    }

    static constexpr std::array store_operations{"take_steps", "take_due_timers"};
    scripted_consumer consumer{clock, context.get_executor()};
    std::optional<core::worker> worker;
    std::shared_ptr<bool> ended;
    int writes_told = 0;
};

}  // namespace delivery::tests
