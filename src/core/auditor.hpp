#pragma once

#include <functional>
#include <stop_token>

#include "core/audit.hpp"
#include "core/store_caller.hpp"
#include "core/wakeup.hpp"
#include "ports/audit_store.hpp"

namespace delivery::core {

struct auditor_options {
    /// From one audit to the next.
    ports::duration interval = std::chrono::hours(1);
    /// From the start to the first, and from one that failed, or that was another's to make, to the next
    /// look.
    ports::duration retry = std::chrono::minutes(1);
    /// Gentle, for it runs beside the work. A message may well wait for a while in a queue that is long.
    audit_options audit{
        .page = 500, .settle_time = std::chrono::minutes(5), .reports_unwatched = false, .time_share = 4};
};

/// Audits all orders again and again, for as long as it is this process's turn; tells the metrics the result
/// and the log what is wrong. Runs on one executor; the store must outlive it.
class auditor {
public:
    auditor(surroundings around, ports::audit_store& store, std::function<bool()> is_in_charge,
            auditor_options options);

    /// Works until `stop`, and ends soon after.
    awaitable<void> run();

    /// On the auditor's executor.
    void stop();

private:
    awaitable<ports::duration> audit_once();
    awaitable<void> audit_all();
    void note(const violation& found);

    surroundings around_;
    ports::audit_store& store_;
    std::function<bool()> is_in_charge_;
    auditor_options options_;
    std::stop_source stopping_;
    wakeup bell_;
    std::int64_t noted_ = 0;
};

}  // namespace delivery::core
