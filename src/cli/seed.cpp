#include "cli/seed.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/command_process.hpp"
#include "cli/exit_status.hpp"
#include "cli/progress.hpp"
#include "core/demo_orders.hpp"

namespace delivery::cli {
namespace {

constexpr std::size_t batch_size = 500;

std::vector<ports::imported_order> make_batch(std::size_t first, std::size_t count, domain::timestamp now) {
    std::vector<ports::imported_order> orders;
    for (std::size_t i = 0; i < count; ++i) orders.push_back(core::make_demo_order(first + i, now));
    return orders;
}

}  // namespace

int run_seed(const invocation& what) {
    command_process in(what, "seed", what.settings.log_level, access::write);
    progress shown("orders looked at", static_cast<std::int64_t>(what.seed_orders));
    std::size_t added = 0;
    for (std::size_t first = 0; first < what.seed_orders; first += batch_size) {
        const auto orders = make_batch(first, std::min(batch_size, what.seed_orders - first), in.clock.now());
        const auto outcomes = in.run(in.store().import_orders(orders));
        added += static_cast<std::size_t>(std::ranges::count(outcomes, ports::import_outcome::taken));
        shown.update(static_cast<std::int64_t>(first + orders.size()));
    }
    shown.finish();
    in.close();
    fmt::print("{} orders added, {} were there already\n", added, what.seed_orders - added);
    return exit_done;
}

}  // namespace delivery::cli
