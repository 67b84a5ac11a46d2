#include "cli/audit.hpp"

#include <fmt/format.h>

#include "cli/command_process.hpp"
#include "cli/exit_status.hpp"
#include "cli/progress.hpp"
#include "core/audit.hpp"
#include "http/json_text.hpp"
#include "runtime/log_escape.hpp"

namespace delivery::cli {
namespace {

void print_violation(const core::violation& found, bool as_json) {
    if (as_json) {
        fmt::print("{{\"order_id\":\"{}\",\"violation\":{}}}\n", found.order_id.to_string(),
                   http::to_json_string(found.what));
    } else {
        fmt::print("{}  {}\n", found.order_id.to_string(), runtime::readable(found.what));
    }
}

void print_summary(const core::audit_summary& summary, bool as_json) {
    if (as_json) {
        fmt::print("{{\"orders\":{},\"events\":{},\"violations\":{}}}\n", summary.orders, summary.events,
                   summary.violations);
    } else {
        fmt::print(
            "{} orders, {} events: {}\n", summary.orders, summary.events,
            summary.violations == 0 ? "no violations" : fmt::format("{} violations", summary.violations));
    }
}

}  // namespace

int run_audit(const invocation& what) {
    command_process in(what, "audit", ports::log_level::error, access::read);
    progress shown("orders audited", in.run(in.store().estimate_orders()));
    const auto summary = in.run(core::run_audit(
        in.store(), in.clock, in.where(), {},
        [&](const core::violation& found) { print_violation(found, what.as_json); },
        [&](std::int64_t orders) { shown.update(orders); }));
    shown.finish();
    in.close();
    print_summary(summary, what.as_json);
    return summary.violations == 0 ? exit_done : exit_failed;
}

}  // namespace delivery::cli
