#include "chaos/ledger.hpp"

#include <algorithm>
#include <stdexcept>
#include <unordered_set>

#include <fmt/format.h>

#include "chaos/shortfalls.hpp"

namespace delivery::chaos {
namespace {

class judge {
public:
    explicit judge(const evidence& found) : found_(found) {
        for (const auto& order : found_.stored) orders_.emplace(order.id, &order);
    }

    ledger take_ledger() {
        compare_acknowledged();
        for (const auto& order : found_.stored) {
            inspect_progress(order);
            inspect_history(order);
            inspect_wire(order);
        }
        inspect_names();
        inspect_strangers();
        inspect_rest();
        return finish();
    }

private:
    void compare_acknowledged() {
        std::unordered_set<uuid> known;
        for (const auto& promised : found_.clients.acknowledged) {
            const auto id = promised.id.to_string();
            if (!known.insert(promised.id).second) repeated_.push_back(id + " acknowledged for two names");
            const auto stored = orders_.find(promised.id);
            if (stored == orders_.end()) {
                lost_.push_back(id);
            } else if (const auto& is = stored->second->posted; is != promised.posted) {
                lost_.push_back(fmt::format("{} is stored as '{}', '{}' instead of '{}', '{}'", id, is.name,
                                            is.address, promised.posted.name, promised.posted.address));
            }
        }
        for (const auto& id : found_.clients.denied) lost_.push_back(id.to_string() + " was answered 404");
        result_.acknowledged = known.size();
        result_.stored = orders_.size();
        result_.unacknowledged = static_cast<std::uint64_t>(
            std::ranges::count_if(orders_, [&](const auto& order) { return !known.contains(order.first); }));
    }

    void inspect_progress(const stored_order& order) {
        if (order.status != life_cycle.back())
            left_undone(stuck_).push_back(fmt::format("{} is {}", order.id.to_string(), order.status));
    }

    void inspect_history(const stored_order& order) {
        const auto id = order.id.to_string();
        int expected = 1;
        std::int64_t before = 0;
        for (const auto& event : order.history) {
            const auto place = static_cast<std::size_t>(event.version - 1);
            if (event.version < expected) {
                repeated_.push_back(fmt::format("{} has version {} twice", id, event.version));
                continue;
            }
            if (!event_ids_.insert(event.id).second)
                repeated_.push_back(fmt::format("{} shares the event id {}", id, event.id.to_string()));
            if (event.version > expected)
                illegal_.push_back(fmt::format("{} has no version {}", id, expected));
            if (place >= life_cycle.size() || life_cycle.at(place) != event.status)
                illegal_.push_back(fmt::format("{} is {} at version {}", id, event.status, event.version));
            if (event.recorded_at < before)
                illegal_.push_back(fmt::format("{} goes back in time at version {}", id, event.version));
            before = event.recorded_at;
            expected = event.version + 1;
        }
        compare_with_history(order, id);
    }

    void compare_with_history(const stored_order& order, const std::string& id) {
        if (order.history.empty()) {
            illegal_.push_back(id + " has no history");
            return;
        }
        const auto& last = order.history.back();
        if (order.version != last.version || order.status != last.status) {
            illegal_.push_back(fmt::format("{} is {} at version {}, its history {} at {}", id, order.status,
                                           order.version, last.status, last.version));
        }
        if (order.created_at != order.history.front().recorded_at)
            illegal_.push_back(id + " was not created at the time of its first event");
    }

    void inspect_wire(const stored_order& order) {
        const auto id = order.id.to_string();
        const auto heard = found_.wire.orders.find(order.id);
        std::uint64_t before = 0;
        for (const auto& event : order.history) {
            const auto place = static_cast<std::size_t>(event.version - 1);
            if (place >= life_cycle.size()) continue;
            if (heard == found_.wire.orders.end() || heard->second.at(place).times == 0) {
                left_undone(unpublished_).push_back(fmt::format("{} version {}", id, event.version));
                continue;
            }
            const auto& on_wire = heard->second.at(place);
            if (on_wire.id != event.id)
                untrue_.push_back(fmt::format("{} version {} was told as another event", id, event.version));
            if (on_wire.first_position < before)
                out_of_order_.push_back(fmt::format("{} version {} came first", id, event.version - 1));
            before = on_wire.first_position;
        }
    }

    void inspect_names() {
        std::unordered_map<std::string_view, const stored_order*> names;
        for (const auto& order : found_.stored) {
            const auto [first, is_new] = names.emplace(order.posted.name, &order);
            if (!is_new) {
                repeated_.push_back(fmt::format("{} and {} are one order ('{}')", order.id.to_string(),
                                                first->second->id.to_string(), order.posted.name));
            }
        }
        for (const auto& key : found_.clients.answered_twice)
            repeated_.push_back(fmt::format("two orders were answered for '{}'", key));
    }

    // What was heard of orders, or of versions, that the database does not have.
    void inspect_strangers() {
        for (const auto& [id, versions] : found_.wire.orders) {
            const auto order = orders_.find(id);
            for (std::size_t place = 0; place < versions.size(); ++place) {
                const auto& event = versions.at(place);
                if (event.times == 0) continue;
                ++result_.heard;
                result_.repeats += event.times - 1;
                const auto is_version = [&](const auto& row) {
                    return row.version == static_cast<int>(place) + 1;
                };
                if (order == orders_.end() || std::ranges::none_of(order->second->history, is_version)) {
                    untrue_.push_back(
                        fmt::format("{} version {} was told and is not stored", id.to_string(), place + 1));
                }
            }
        }
        for (const auto& message : found_.wire.strange) untrue_.push_back(message);
    }

    void inspect_rest() {
        for (const auto& orphan : found_.orphans) illegal_.push_back(orphan);
        if (found_.outbox_left > 0)
            left_undone(unpublished_)
                .push_back(fmt::format("{} rows are left in the outbox", found_.outbox_left));
        if (found_.timers_left > 0)
            left_undone(stuck_).push_back(fmt::format("{} timers are left", found_.timers_left));
    }

    // What moves still would perhaps have been done: no promise is known to be broken.
    std::vector<std::string>& left_undone(std::vector<std::string>& at_rest) {
        return found_.is_still_moving ? still_moving_ : at_rest;
    }

    ledger finish() {
        std::vector<std::string> audit;
        if (!found_.audit.empty()) audit.push_back(found_.audit);
        auto vacuous = find_shortfalls(found_.faults);
        if (result_.acknowledged == 0) vacuous.emplace_back("no order was acknowledged at all");
        result_.promises = {
            {"lost", "acknowledged, but not stored as promised", std::move(lost_)},
            {"stuck", "not DELIVERED in the end", std::move(stuck_)},
            {"illegal", "history entries that break the rules", std::move(illegal_)},
            {"repeated", "history entries or orders that are there twice", std::move(repeated_)},
            {"unpublished", "stored events never heard on the exchange", std::move(unpublished_)},
            {"still moving", "not done, but still moving when patience ended", std::move(still_moving_)},
            {"out of order", "versions heard before their predecessor", std::move(out_of_order_)},
            {"untrue", "heard on the exchange, but not stored so", std::move(untrue_)},
            {"dead letters", "set aside, though nothing was wrong with them", found_.dead_letters},
            {"strange answers", "answers that the contract does not have", found_.clients.strange},
            {"misread", "answers that contradict the request or earlier ones", found_.clients.misread},
            {"unexpected exits", "roles that ended without being told to", found_.unexpected_exits},
            {"audit", "delivery audit does not agree", std::move(audit)},
            {"vacuous", "the run proves nothing", std::move(vacuous)},
        };
        return std::move(result_);
    }

    const evidence& found_;
    std::unordered_map<uuid, const stored_order*> orders_;
    std::unordered_set<uuid> event_ids_;
    std::vector<std::string> lost_, stuck_, illegal_, repeated_, unpublished_, still_moving_, out_of_order_,
        untrue_;
    ledger result_;
};

}  // namespace

bool ledger::is_balanced() const {
    return std::ranges::all_of(promises, [](const auto& each) { return each.broken.empty(); });
}

const promise& ledger::operator[](const std::string& name) const {
    const auto found = std::ranges::find(promises, name, &promise::name);
    if (found == promises.end()) throw std::out_of_range("there is no promise '" + name + "'");
    return *found;
}

ledger draw_ledger(const evidence& found) { return judge(found).take_ledger(); }

}  // namespace delivery::chaos
