#include "core/audit.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "domain/flow.hpp"
#include "domain/replay.hpp"

namespace delivery::core {
namespace {

constexpr std::chrono::minutes overdue_max{5};
constexpr std::string_view waits_for_nothing_text = "unfinished, with neither outbox row nor timer";

/// Collects what is wrong with one order.
class judge_of_order {
public:
    explicit judge_of_order(const ports::audited_order& stored) : stored_(stored) {}

    order_verdict take_verdict() {
        for (const auto& fault : stored_.unreadable) add(fault);
        if (stored_.order) {
            check_history();
            check_waits();
        } else {
            check_orphans();
        }
        return std::move(verdict_);
    }

private:
    void add(std::string what) {
        verdict_.violations.push_back({.order_id = stored_.id, .what = std::move(what)});
    }

    void check_orphans() {
        if (!stored_.events.empty()) add("events without an order");
        if (!stored_.outbox.empty()) add("outbox row without an order");
        if (!stored_.timers.empty()) add("timer without an order");
    }

    void check_history() {
        for (auto& fault : domain::find_history_faults(stored_.events)) add(std::move(fault));
        const auto replayed = domain::replay(stored_.events);
        if (!replayed) return;
        const auto& order = *stored_.order;
        if (order.status != replayed->status) {
            add(fmt::format("status is {}, its history says {}", to_string(order.status),
                            to_string(replayed->status)));
        }
        if (order.version != replayed->version) {
            add(fmt::format("version is {}, its history says {}", order.version, replayed->version));
        }
        check_time("created_at", order.created_at, replayed->created_at);
        check_time("updated_at", order.updated_at, replayed->updated_at);
    }

    void check_time(std::string_view name, domain::timestamp stored, domain::timestamp replayed) {
        if (stored == replayed) return;
        add(fmt::format("{} is {}, its history says {}", name, domain::to_rfc3339(stored),
                        domain::to_rfc3339(replayed)));
    }

    void check_waits() {
        const auto& order = *stored_.order;
        for (const auto& row : stored_.outbox) {
            if (row.version > order.version)
                add(fmt::format("outbox row for version {}, not reached", row.version));
            if (row.overdue > overdue_max)
                add(fmt::format("outbox row for version {} is overdue", row.version));
        }
        for (const auto& timer : stored_.timers) {
            if (timer.version > order.version)
                add(fmt::format("timer for version {}, not reached", timer.version));
            if (timer.overdue > overdue_max)
                add(fmt::format("timer for version {} is overdue", timer.version));
        }
        verdict_.waits_for_nothing =
            !domain::is_finished(order.status) && stored_.outbox.empty() && stored_.timers.empty();
    }

    const ports::audited_order& stored_;
    order_verdict verdict_;
};

/// One audit from beginning to end.
class audit_run {
public:
    audit_run(ports::audit_store& store, ports::clock& clock, executor where, audit_options options,
              std::function<void(const violation&)> report, std::function<void(std::int64_t)> progress)
        : store_(store),
          clock_(clock),
          where_(std::move(where)),
          options_(std::move(options)),
          report_(std::move(report)),
          progress_(std::move(progress)) {}

    awaitable<audit_summary> run() {
        std::optional<domain::uuid> after;
        do {
            const auto started = clock_.monotonic();
            const auto page = co_await store_.audit(after, options_.page);
            for (const auto& order : page.orders) inspect(order);
            progress_(summary_.orders);
            after = page.next;
            if (after && options_.time_share > 1) {
                co_await pause((clock_.monotonic() - started) * (options_.time_share - 1));
            }
        } while (after && !options_.stop.stop_requested());
        co_await watch_suspects();
        summary_.is_complete = !options_.stop.stop_requested();
        co_return summary_;
    }

private:
    void inspect(const ports::audited_order& order) {
        if (order.order) {
            ++summary_.orders;
            ++summary_.orders_by_status[order.order->status];
        }
        summary_.events += static_cast<std::int64_t>(order.events.size());
        const auto verdict = judge(order);
        for (const auto& found : verdict.violations) tell(found);
        if (!verdict.waits_for_nothing) return;
        if (suspects_.size() < options_.watched_max) {
            suspects_.emplace(order.id, order.order->version);
        } else if (options_.reports_unwatched) {
            tell_stuck(order.id);
        }
    }

    void tell(const violation& found) {
        ++summary_.violations;
        report_(found);
    }

    void tell_stuck(const domain::uuid& id) {
        tell({.order_id = id, .what = std::string(waits_for_nothing_text)});
    }

    /// Looks again at orders that wait for nothing, until they have moved on or their time is over.
    awaitable<void> watch_suspects() {
        const auto give_up_at = clock_.monotonic() + options_.settle_time;
        while (!suspects_.empty() && clock_.monotonic() < give_up_at) {
            co_await pause(options_.settle_time / 10);
            if (options_.stop.stop_requested()) co_return;
            co_await clear_suspects();
        }
        for (const auto& [id, version] : suspects_) tell_stuck(id);
    }

    awaitable<void> pause(ports::duration length) {
        const auto timer = clock_.make_timer(where_);
        const std::stop_callback ending(options_.stop, [&timer] { timer->cancel(); });
        if (!options_.stop.stop_requested()) co_await timer->wait(length);
    }

    awaitable<void> clear_suspects() {
        std::vector<domain::uuid> ids;
        for (const auto& [id, version] : suspects_) ids.push_back(id);
        for (const auto& id : ids) {
            if (options_.stop.stop_requested()) co_return;
            const auto page = co_await store_.audit(before(id), 1);
            const auto found = std::ranges::find(page.orders, id, &ports::audited_order::id);
            if (found == page.orders.end() || has_moved_on(*found)) suspects_.erase(id);
        }
    }

    [[nodiscard]] bool has_moved_on(const ports::audited_order& order) const {
        return !order.order || order.order->version != suspects_.at(order.id) ||
               !judge(order).waits_for_nothing;
    }

    /// The greatest id that is less than this one.
    static std::optional<domain::uuid> before(const domain::uuid& id) {
        auto bytes = id.bytes();
        for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
            if ((*byte)-- != 0) return domain::uuid(bytes);
        }
        return std::nullopt;
    }

    ports::audit_store& store_;
    ports::clock& clock_;
    executor where_;
    audit_options options_;
    std::function<void(const violation&)> report_;
    std::function<void(std::int64_t)> progress_;
    audit_summary summary_;
    std::unordered_map<domain::uuid, std::int32_t> suspects_;
};

}  // namespace

order_verdict judge(const ports::audited_order& order) { return judge_of_order(order).take_verdict(); }

awaitable<audit_summary> run_audit(ports::audit_store& store, ports::clock& clock, executor where,
                                   audit_options options, std::function<void(const violation&)> report,
                                   std::function<void(std::int64_t)> progress) {
    audit_run run(store, clock, std::move(where), std::move(options), std::move(report), std::move(progress));
    co_return co_await run.run();
}

}  // namespace delivery::core
