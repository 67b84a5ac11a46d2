#include "core/auditor.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "ports/store_error.hpp"

namespace delivery::core {
namespace {

/// What is wrong is logged in full no further than to here.
constexpr std::int64_t noted_max = 100;

}  // namespace

auditor::auditor(surroundings around, ports::audit_store& store, std::function<bool()> is_in_charge,
                 auditor_options options)
    : around_(std::move(around)),
      store_(store),
      is_in_charge_(std::move(is_in_charge)),
      options_(std::move(options)),
      bell_(around_.clock, around_.where) {
    options_.audit.stop = stopping_.get_token();
}

awaitable<void> auditor::run() {
    auto pause = std::min(options_.retry, options_.interval);
    while (!stopping_.stop_requested()) {
        co_await bell_.wait(pause);
        if (!stopping_.stop_requested()) pause = co_await audit_once();
    }
}

void auditor::stop() {
    stopping_.request_stop();
    bell_.notify();
}

/// Answers how long to wait for the next turn.
awaitable<ports::duration> auditor::audit_once() {
    const auto retry = std::min(options_.retry, options_.interval);
    if (!is_in_charge_()) {
        around_.metrics.audited(std::nullopt);
        co_return retry;
    }
    try {
        co_await audit_all();
        co_return options_.interval;
    } catch (const ports::store_error& error) {
        around_.logger.warn("audit failed and is tried again", {{"error", std::string_view(error.what())}});
    }
    co_return retry;
}

awaitable<void> auditor::audit_all() {
    noted_ = 0;
    const auto started = around_.clock.monotonic();
    const auto found = co_await run_audit(
        store_, around_.clock, around_.where, options_.audit, [this](const violation& what) { note(what); },
        [](std::int64_t) {});
    if (!found.is_complete) co_return;
    const auto took = around_.clock.monotonic() - started;
    around_.metrics.audited(ports::audit_result{.orders = found.orders_by_status,
                                                .violations = found.violations,
                                                .took = took,
                                                .ended_at = around_.clock.now()});
    around_.logger.info(
        "orders were audited",
        {{"count", found.orders},
         {"violations", found.violations},
         {"duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
}

void auditor::note(const violation& found) {
    if (++noted_ > noted_max) return;
    around_.logger.error("audit found a violation",
                         {{"order_id", found.order_id.to_string()}, {"error", std::string_view(found.what)}});
    if (noted_ == noted_max) around_.logger.error("audit: further violations are counted, not logged");
}

}  // namespace delivery::core
