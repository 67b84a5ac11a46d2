#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "domain/status.hpp"
#include "domain/timestamp.hpp"

namespace delivery::ports {

/// The store's operations, as the label `operation` names them.
enum class store_operation : std::uint8_t {
    create,
    find,
    history,
    list,
    take_steps,
    take_due_timers,
    pending,
    settle,
    renew_leases,
    redrive,
    depth,
    purge,
    ping
};

std::string_view to_string(store_operation operation);

/// What became of a message, as the label `result` names it.
enum class message_result : std::uint8_t { advanced, scheduled, stale, dead_lettered };

std::string_view to_string(message_result result);

/// What an audit of all orders came to.
struct audit_result {
    std::map<domain::status, std::int64_t> orders;
    std::int64_t violations;
    std::chrono::nanoseconds took;
    domain::timestamp ended_at;
};

/// What the core counts and measures. Safe to use from any thread, cheap enough for every message, never
/// throws.
class metrics {
public:
    virtual ~metrics() = default;

    virtual void order_created() noexcept = 0;
    virtual void order_advanced(domain::status from, domain::status to) noexcept = 0;
    /// An order came to this status so long after it was created.
    virtual void order_reached(domain::status status, std::chrono::microseconds age) noexcept = 0;
    virtual void published(std::size_t count) noexcept = 0;
    virtual void publish_failed(std::size_t count) noexcept = 0;
    virtual void outbox_depth(std::int64_t pending, std::chrono::microseconds oldest_age) noexcept = 0;
    virtual void message_handled(message_result result, std::chrono::microseconds lag) noexcept = 0;
    virtual void dead_lettered() noexcept = 0;
    virtual void store_batch(std::size_t size) noexcept = 0;
    virtual void store_called(store_operation operation, std::chrono::nanoseconds took) noexcept = 0;
    virtual void store_retried() noexcept = 0;
    /// The last audit's result; none where this process audits no longer.
    virtual void audited(const std::optional<audit_result>& result) noexcept = 0;
};

}  // namespace delivery::ports
