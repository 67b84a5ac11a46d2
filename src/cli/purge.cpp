#include "cli/purge.hpp"

#include <fmt/format.h>

#include "cli/command_process.hpp"
#include "cli/exit_status.hpp"
#include "cli/progress.hpp"
#include "core/relay.hpp"

namespace delivery::cli {
namespace {

/// Keys that are older than they are kept go first: a key never names an order that is gone.
void purge_keys(command_process& in) {
    const auto age = core::relay_options{}.idempotency_key_age;
    while (in.run(in.store().purge_idempotency_keys(age)) > 0) {
    }
}

}  // namespace

int run_purge(const invocation& what) {
    command_process in(what, "purge", what.settings.log_level,
                       what.is_dry_run ? access::read : access::write);
    if (!what.is_dry_run) purge_keys(in);
    ports::purge_request request{.age = std::chrono::days(what.purge_days), .only_counts = what.is_dry_run};
    progress shown(what.is_dry_run ? "orders found" : "orders deleted", 0);
    std::size_t orders = 0;
    do {
        const auto result = in.run(in.store().purge_orders(request));
        orders += result.orders;
        request.after = result.next;
        shown.update(static_cast<std::int64_t>(orders));
    } while (request.after);
    shown.finish();
    in.close();
    fmt::print("{} orders {}, delivered more than {} days ago\n", orders,
               what.is_dry_run ? "would be deleted" : "deleted", what.purge_days);
    return exit_done;
}

}  // namespace delivery::cli
