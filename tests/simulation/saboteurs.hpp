#pragma once

#include <functional>
#include <memory>

#include "ports/bus.hpp"
#include "ports/store.hpp"
#include "support/memory_database.hpp"

// Wrappers that break one promise each.
namespace delivery::simulation {

/// Steps whose version always fits.
std::unique_ptr<ports::workflow_store> make_blind_store(ports::workflow_store& store,
                                                        const tests::memory_database& database);

/// Messages that are acknowledged as soon as they are received.
std::unique_ptr<ports::consumer> make_hasty_consumer(std::unique_ptr<ports::consumer> consumer);

/// Orders that are acknowledged although the store refused them.
std::unique_ptr<ports::order_store> make_lying_store(ports::order_store& store);

/// Orders that are changed by every attempt to store them.
std::unique_ptr<ports::order_store> make_spoiling_store(ports::order_store& store,
                                                        std::function<void(ports::new_order&)> spoil);

/// Rows that are settled when they are read.
std::unique_ptr<ports::outbox_store> make_forgetful_store(ports::outbox_store& store);

/// Leases that give everybody every shard.
std::unique_ptr<ports::outbox_store> make_lawless_store(ports::outbox_store& store);

/// Leases that let everybody believe to be the only one.
std::unique_ptr<ports::outbox_store> make_lonely_store(ports::outbox_store& store);

}  // namespace delivery::simulation
