#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <string>

#include <fmt/format.h>

#include "core/audit.hpp"
#include "domain/flow.hpp"
#include "domain/replay.hpp"
#include "simulation/simulation.hpp"

namespace delivery::simulation {
namespace {

class inspector {
public:
    explicit inspector(const world& in) : world_(in), stored_(in.database) {}

    std::vector<std::string> take_faults() {
        inspect_promises();
        inspect_orders();
        inspect_names();
        inspect_wire();
        if (world_.is_calm) inspect_repeats();
        inspect_leftovers();
        return std::move(faults_);
    }

private:
    void add(std::string what) { faults_.push_back(std::move(what)); }

    void inspect_promises() {
        for (const auto& broken : world_.clients.broken_promises) add(broken);
        for (const auto& id : world_.clients.acknowledged) {
            if (!stored_.orders.contains(id))
                add(fmt::format("order {} was acknowledged and is lost", id.to_string()));
        }
        for (const auto& [key, ids] : world_.clients.orders_by_key) {
            if (ids.size() > 1) add(fmt::format("idempotency key {} gave {} orders", key, ids.size()));
        }
    }

    void inspect_orders() {
        const auto page = stored_.audit(std::nullopt, SIZE_MAX);
        std::set<domain::uuid> event_ids;
        for (const auto& audited : page.orders) {
            const auto verdict = core::judge(audited);
            for (const auto& found : verdict.violations) add(found.order_id.to_string() + ": " + found.what);
            if (audited.order && !domain::is_finished(audited.order->status)) {
                add(fmt::format("order {} is left {}{}", audited.id.to_string(),
                                to_string(audited.order->status),
                                verdict.waits_for_nothing ? " and waits for nothing" : ""));
            }
            for (const auto& event : audited.events) {
                if (!event_ids.insert(event.id).second)
                    add(fmt::format("order {} shares the event id {}", audited.id.to_string(),
                                    event.id.to_string()));
            }
            if (audited.events.size() != domain::all_statuses().size()) {
                add(fmt::format("order {} has {} events", audited.id.to_string(), audited.events.size()));
            }
        }
    }

    /// A name is one client's wish for one order.
    void inspect_names() {
        std::map<std::string, domain::uuid> names;
        for (const auto& [id, stored] : stored_.orders) {
            const auto [first, is_new] = names.emplace(stored.order.customer_name, id);
            if (!is_new) {
                add(fmt::format("orders {} and {} are stored for one", first->second.to_string(),
                                id.to_string()));
            }
        }
    }

    /// What other systems heard is what the store says, each version after its predecessor.
    void inspect_wire() {
        std::map<domain::uuid, std::int32_t> heard;
        for (const auto& event : world_.broker.wire) {
            auto& latest = heard[event.order_id];
            if (event.version > latest + 1) {
                add(fmt::format("order {}: version {} is published after version {}",
                                event.order_id.to_string(), event.version, latest));
            }
            latest = std::max(latest, event.version);
            if (!is_stored(event))
                add(fmt::format("order {}: published what is not stored", event.order_id.to_string()));
        }
        for (const auto& [id, history] : stored_.events) {
            if (heard[id] < history.rbegin()->first)
                add(fmt::format("order {}: not all is published", id.to_string()));
        }
    }

    /// Where nothing has failed, there is no reason to say anything again.
    void inspect_repeats() {
        std::set<domain::uuid> heard;
        for (const auto& event : world_.broker.wire) {
            if (heard.insert(event.id).second) continue;
            add(fmt::format("order {}: version {} is published again", event.order_id.to_string(),
                            event.version));
        }
    }

    [[nodiscard]] bool is_stored(const domain::order_event& event) const {
        const auto history = stored_.events.find(event.order_id);
        if (history == stored_.events.end()) return false;
        const auto found = history->second.find(event.version);
        return found != history->second.end() && found->second.event == event;
    }

    void inspect_leftovers() {
        if (!stored_.outbox.empty())
            add(fmt::format("{} rows are left in the outbox", stored_.outbox.size()));
        if (!stored_.timers.empty()) add(fmt::format("{} timers are left", stored_.timers.size()));
        for (const auto& reason : world_.broker.dead_letters) add("dead letter: " + reason);
    }

    const world& world_;
    const tests::memory_database& stored_;
    std::vector<std::string> faults_;
};

}  // namespace

bool nothing_is_left(const world& in) {
    if (in.clients.clients > 0 || in.clients.orders_left > 0) return false;
    const auto& stored = in.database;
    if (!stored.outbox.empty() || !stored.timers.empty() || !in.broker.is_idle()) return false;
    return std::ranges::all_of(stored.orders | std::views::values,
                               [](const auto& each) { return domain::is_finished(each.order.status); });
}

std::vector<std::string> find_faults(const world& in) { return inspector(in).take_faults(); }

}  // namespace delivery::simulation
