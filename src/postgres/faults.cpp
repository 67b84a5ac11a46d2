#include "postgres/faults.hpp"

#include <array>

#include <fmt/format.h>

namespace delivery::postgres {
namespace {

using ports::store_fault;

struct sqlstate_rule {
    std::string_view prefix;
    store_fault fault;
};

// The first rule that fits counts. Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
constexpr std::array rules{
    sqlstate_rule{"22", store_fault::bad_data},  // data exception
    sqlstate_rule{"23", store_fault::bad_data},  // integrity constraint
    sqlstate_rule{"54", store_fault::bad_data},  // a value too large, such as for an index
    sqlstate_rule{"40003", store_fault::outcome_unknown},
    sqlstate_rule{"40", store_fault::conflict},        // serialization failure, deadlock
    sqlstate_rule{"55P03", store_fault::conflict},     // lock timeout
    sqlstate_rule{"25006", store_fault::unavailable},  // read-only: a standby
    sqlstate_rule{"53", store_fault::unavailable},     // disk, memory or connections used up
    sqlstate_rule{"57", store_fault::unavailable},     // statement timeout, shutdown, starting up
    sqlstate_rule{"58", store_fault::unavailable},     // I/O error
};

bool is_of_connection(std::string_view sqlstate) { return sqlstate.empty() || sqlstate.starts_with("08"); }

}  // namespace

store_fault fault_of(const command_end& end, bool writes) {
    const auto unknown = writes ? store_fault::outcome_unknown : store_fault::unavailable;
    if (!end.error) return unknown;
    const std::string_view sqlstate = end.error->sqlstate;
    // A pooler reports the loss of its own connection with class 08.
    if (is_of_connection(sqlstate)) return unknown;
    // A statement that was done when the connection went may have been committed.
    if (end.lost && end.result) return unknown;
    for (const auto& rule : rules) {
        if (sqlstate.starts_with(rule.prefix)) return rule.fault;
    }
    return store_fault::broken;
}

ports::store_error make_error(const command_end& end, bool writes, std::string_view operation) {
    const auto fault = fault_of(end, writes);
    if (!end.error) return {fault, fmt::format("{}: connection lost", operation)};
    const auto& [sqlstate, message, constraint] = *end.error;
    auto text = fmt::format("{}:", operation);
    if (!sqlstate.empty()) text += fmt::format(" SQLSTATE {}", sqlstate);
    if (!constraint.empty()) text += fmt::format(" ({})", constraint);
    if (fault != store_fault::bad_data) text += fmt::format(" {}", message);
    return {fault, text};
}

bool must_prepare_again(const server_error& error) {
    return error.sqlstate == "26000" || error.sqlstate == "0A000";
}

bool is_wrong_server(const server_error& error) { return error.sqlstate == "25006"; }

}  // namespace delivery::postgres
