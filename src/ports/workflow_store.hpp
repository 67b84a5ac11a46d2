#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/flow.hpp"
#include "domain/order.hpp"
#include "ports/awaitable.hpp"

namespace delivery::ports {

/// A step that a message asks for: from `from` at `version` to `to`, at once or `delay` after now on the
/// store's clock.
struct step_request {
    domain::uuid order_id;
    std::int32_t version = 1;
    domain::status from = domain::status::received;
    domain::status to = domain::status::received;
    std::chrono::milliseconds delay{0};
    domain::uuid event_id;  ///< Of the event that the step writes.
    std::string traceparent = {};
};

enum class step_outcome {
    advanced,   ///< The status changed, by this call or by an earlier attempt with the same event id; event
                ///< and outbox row were written with it.
    scheduled,  ///< A timer is stored (or was already).
    stale,      ///< The order is beyond this version; nothing was written.
    ahead,      ///< The order has not reached this version; nothing was written.
    missing,    ///< There is no such order.
    contradicted,  ///< The order is at this version with another status; nothing was written.
};

/// A step that a due timer took.
struct due_step {
    domain::order_event event;
    domain::status from = domain::status::received;
    std::string traceparent;
};

/// A timer that is due, with the status of its order.
struct due_timer {
    domain::uuid order_id;
    std::int32_t version = 1;
    domain::status status = domain::status::received;
    std::string traceparent;
};

struct due_result {
    std::vector<due_step> advanced;
    std::size_t taken = 0;  ///< Timers removed, those included whose order had moved on.
    /// From now to the earliest timer that remains; nothing where there is none.
    std::optional<std::chrono::milliseconds> next_due;
};

/// What the worker asks of the store. All throw `store_error`.
class workflow_store {
public:
    virtual ~workflow_store() = default;

    /// Takes all steps in one transaction and answers each, in the order of the request. Each is a
    /// compare-and-set on the order's version; repeated requests for one (order, version) are one step, and
    /// all get its outcome. Orders are locked by ascending id. An event's time is the later of now and the
    /// previous event's.
    virtual awaitable<std::vector<step_outcome>> take_steps(std::span<const step_request> steps) = 0;

    /// Takes up to `event_ids.size()` due timers that no other worker is taking, advances their orders along
    /// `domain::all_steps()`, and deletes the timers, all in one transaction. Timers of the orders `left_out`
    /// are neither taken nor counted. Where one fails for `bad_data`, none is taken: `due_timers` tells whose
    /// steps to take one by one.
    virtual awaitable<due_result> take_due_timers(std::span<const domain::uuid> event_ids,
                                                  std::span<const domain::uuid> left_out) = 0;

    /// Up to `limit` due timers, by due time, whose order is still at the timer's version; without those of
    /// the orders `left_out`.
    virtual awaitable<std::vector<due_timer>> due_timers(std::size_t limit,
                                                         std::span<const domain::uuid> left_out) = 0;
};

/// A message of the in-process bus that can never succeed.
struct dead_letter {
    domain::uuid id;
    std::string body;
    std::string reason;
};

class dead_letter_store {
public:
    virtual ~dead_letter_store() = default;
    virtual awaitable<void> add_dead_letters(std::span<const dead_letter> letters) = 0;
};

}  // namespace delivery::ports
