#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "ports/audit_store.hpp"
#include "ports/import_store.hpp"
#include "ports/order_store.hpp"
#include "ports/outbox_store.hpp"
#include "ports/retention_store.hpp"
#include "ports/workflow_store.hpp"

namespace delivery::ports {

/// One database as one reactor uses it: every call is made on, and resumes on, the executor that it was made
/// for. Each reactor has its own, with its own connections.
class store : public order_store,
              public outbox_store,
              public workflow_store,
              public dead_letter_store,
              public audit_store,
              public import_store,
              public retention_store {
public:
    /// How long `find_fault` may take: readiness is answered within a second, and not only by the store.
    static constexpr std::chrono::milliseconds fault_deadline{800};

    /// Why the store cannot be used right now, in words for `/readyz` and the log (no secrets); nothing when
    /// it is reachable and its schema fits this binary. Never throws.
    virtual awaitable<std::optional<std::string>> find_fault() = 0;

    /// Closes all connections once calls under way are done; later calls throw `unavailable`.
    virtual awaitable<void> close() = 0;
};

}  // namespace delivery::ports
