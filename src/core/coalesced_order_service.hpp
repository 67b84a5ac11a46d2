#pragma once

#include <functional>
#include <memory>

#include "core/order_service.hpp"
#include "core/store_caller.hpp"

namespace delivery::core {

struct order_service_options {
    ports::duration request_timeout = std::chrono::seconds(5);
    std::size_t queue_max = 4096;  ///< Of each kind of request; beyond it they are refused at once.
    std::size_t batch_max = 1024;
    /// Called on the service's executor after orders were stored, to wake up a relay in the same process.
    std::function<void()> on_outbox_written = [] {};
};

/// The order service of one reactor over its own store, which must outlive it.
std::unique_ptr<order_service> make_order_service(const surroundings& around, ports::order_store& store,
                                                  order_service_options options);

}  // namespace delivery::core
