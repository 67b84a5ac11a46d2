#include "cli/seed.hpp"

#include <fmt/format.h>

#include "cli/blocking.hpp"
#include "cli/database.hpp"
#include "cli/exit_status.hpp"
#include "cli/progress.hpp"
#include "cli/startup.hpp"
#include "core/demo_orders.hpp"
#include "runtime/json_logger.hpp"
#include "runtime/reactors.hpp"
#include "runtime/system_clock.hpp"

namespace delivery::cli {
namespace {

constexpr std::size_t batch_size = 500;
constexpr std::chrono::seconds join_limit{3};

std::vector<ports::imported_order> make_batch(std::size_t first, std::size_t count, domain::timestamp now) {
    std::vector<ports::imported_order> orders;
    for (std::size_t i = 0; i < count; ++i) orders.push_back(core::make_demo_order(first + i, now));
    return orders;
}

}  // namespace

int run_seed(const invocation& what) {
    runtime::system_clock clock;
    const auto logger = runtime::make_logger({.level = what.settings.log_level,
                                              .structured = what.settings.structured_logs,
                                              .service = what.settings.app_name,
                                              .role = "seed"});
    migrate_embedded(what.settings, *logger);
    runtime::reactor_pool reactors(1, *logger, [](const std::string&) {});
    const auto where = reactors.executor(0);
    const auto stored = open_database(what.settings, access::write, *logger, clock);
    const auto store = stored->make_store(where);
    if (const auto fault = block_on(where, store->find_fault())) throw work_failed(*fault);

    progress shown("orders looked at", static_cast<std::int64_t>(what.seed_orders));
    std::size_t added = 0;
    for (std::size_t first = 0; first < what.seed_orders; first += batch_size) {
        const auto orders = make_batch(first, std::min(batch_size, what.seed_orders - first), clock.now());
        added += block_on(where, store->import_orders(orders));
        shown.update(static_cast<std::int64_t>(first + orders.size()));
    }
    shown.finish();
    block_on(where, store->close());
    reactors.join(join_limit);
    fmt::print("{} orders added, {} were there already\n", added, what.seed_orders - added);
    return exit_done;
}

}  // namespace delivery::cli
