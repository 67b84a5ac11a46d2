#include "ports/metrics.hpp"

#include <utility>

namespace delivery::ports {

std::string_view to_string(store_operation operation) {
    switch (operation) {
        case store_operation::create: return "create";
        case store_operation::find: return "find";
        case store_operation::history: return "history";
        case store_operation::list: return "list";
        case store_operation::take_steps: return "take_steps";
        case store_operation::take_due_timers: return "take_due_timers";
        case store_operation::pending: return "pending";
        case store_operation::settle: return "settle";
        case store_operation::renew_leases: return "renew_leases";
        case store_operation::redrive: return "redrive";
        case store_operation::depth: return "depth";
        case store_operation::purge: return "purge";
        case store_operation::ping: return "ping";
    }
    std::unreachable();
}

std::string_view to_string(message_result result) {
    switch (result) {
        case message_result::advanced: return "advanced";
        case message_result::scheduled: return "scheduled";
        case message_result::stale: return "stale";
        case message_result::dead_lettered: return "dead_lettered";
    }
    std::unreachable();
}

}  // namespace delivery::ports
