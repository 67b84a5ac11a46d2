#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "ports/audit_store.hpp"
#include "ports/clock.hpp"

namespace delivery::core {

struct violation {
    domain::uuid order_id;
    std::string what;
};

/// Everything that is wrong with what is stored about one order: its history, the order against the replay of
/// it, rows that belong to nothing, and waits that are overdue. An unfinished order with neither outbox row
/// nor timer is told apart as `waits_for_nothing`, since a message on its way looks the same for a moment.
struct order_verdict {
    std::vector<violation> violations;
    bool waits_for_nothing = false;
};

order_verdict judge(const ports::audited_order& order);

struct audit_options {
    std::size_t page = 1000;
    /// How long an order without outbox row and timer is given to move on before it counts as stuck.
    ports::duration settle_time = std::chrono::seconds(5);
    /// Orders that are watched for that. What is beyond is reported at once, or else not at all.
    std::size_t watched_max = 10'000;
    bool reports_unwatched = true;
    /// The audit may take one part in so many of the time.
    int time_share = 1;
    /// Asked to stop on `where`, the audit ends soon, incomplete.
    std::stop_token stop{};
};

struct audit_summary {
    std::int64_t orders = 0;
    std::map<domain::status, std::int64_t> orders_by_status{};
    std::int64_t events = 0;
    std::int64_t violations = 0;
    bool is_complete = true;
};

/// Audits all orders, page by page, handing each violation on as it is found; memory does not grow with the
/// table. `progress` is told the number of orders read so far, after every page. Throws `store_error`.
awaitable<audit_summary> run_audit(ports::audit_store& store, ports::clock& clock, executor where,
                                   audit_options options, std::function<void(const violation&)> report,
                                   std::function<void(std::int64_t)> progress);

}  // namespace delivery::core
