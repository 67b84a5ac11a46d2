#include "cli/audit.hpp"

#include <fmt/format.h>

#include "cli/blocking.hpp"
#include "cli/database.hpp"
#include "cli/exit_status.hpp"
#include "cli/progress.hpp"
#include "core/audit.hpp"
#include "http/json_text.hpp"
#include "runtime/json_logger.hpp"
#include "runtime/reactors.hpp"
#include "runtime/system_clock.hpp"

namespace delivery::cli {
namespace {

constexpr std::chrono::seconds join_limit{3};

void print_violation(const core::violation& found, bool as_json) {
    if (as_json) {
        std::string what;
        http::append_json_string(what, found.what);
        fmt::print("{{\"order_id\":\"{}\",\"violation\":{}}}\n", found.order_id.to_string(), what);
    } else {
        fmt::print("{}  {}\n", found.order_id.to_string(), found.what);
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
    runtime::system_clock clock;
    const auto logger = runtime::make_logger({.level = ports::log_level::error,
                                              .structured = what.settings.structured_logs,
                                              .service = what.settings.app_name,
                                              .role = "audit"});
    runtime::reactor_pool reactors(1, *logger, [](const std::string&) {});
    const auto where = reactors.executor(0);
    const auto stored = open_database(what.settings, access::read, *logger, clock);
    const auto store = stored->make_store(where);
    if (const auto fault = block_on(where, store->find_fault())) throw work_failed(*fault);

    progress shown("orders audited", block_on(where, store->estimate_orders()));
    const auto summary =
        block_on(where, core::run_audit(
                            *store, clock, where, {},
                            [&](const core::violation& found) { print_violation(found, what.as_json); },
                            [&](std::int64_t orders) { shown.update(orders); }));
    shown.finish();
    block_on(where, store->close());
    reactors.join(join_limit);
    print_summary(summary, what.as_json);
    return summary.violations == 0 ? exit_done : exit_failed;
}

}  // namespace delivery::cli
