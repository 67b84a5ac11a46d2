#include "support/memory_store.hpp"

#include "ports/store_error.hpp"

namespace delivery::tests {
namespace {

template <typename T>
std::vector<T> copy(std::span<const T> items) {
    return {items.begin(), items.end()};
}

class memory_store final : public ports::store {
public:
    memory_store(memory_database& database, effect_carrier carry) : db_(database), carry_(std::move(carry)) {}

    awaitable<std::vector<ports::create_result>> create(std::span<const ports::new_order> orders) override {
        const auto first = db_.reserve_sequences(orders.size());
        return ask("create", [&db = db_, items = copy(orders), first] { return db.create(items, first); });
    }
    awaitable<std::vector<std::optional<domain::order>>> find(std::span<const domain::uuid> ids) override {
        return ask("find", [&db = db_, items = copy(ids)] { return db.find(items); });
    }
    awaitable<std::vector<std::optional<std::vector<domain::order_event>>>> history(
        std::span<const domain::uuid> ids) override {
        return ask("history", [&db = db_, items = copy(ids)] { return db.history(items); });
    }
    awaitable<std::vector<domain::order>> list(const ports::page_request& request) override {
        return ask("list", [&db = db_, request] { return db.list(request); });
    }
    awaitable<std::vector<ports::import_outcome>> import_orders(
        std::span<const ports::imported_order> orders) override {
        return ask("import_orders", [&db = db_, items = copy(orders)] { return db.import_orders(items); });
    }

    awaitable<std::vector<ports::step_outcome>> take_steps(
        std::span<const ports::step_request> steps) override {
        return ask("take_steps", [&db = db_, items = copy(steps)] { return db.take_steps(items); });
    }
    awaitable<ports::due_result> take_due_timers(std::span<const domain::uuid> event_ids,
                                                 std::span<const domain::uuid> left_out) override {
        return ask("take_due_timers", [&db = db_, items = copy(event_ids), others = copy(left_out)] {
            return db.take_due_timers(items, others);
        });
    }
    awaitable<std::vector<ports::due_timer>> due_timers(std::size_t limit,
                                                        std::span<const domain::uuid> left_out) override {
        return ask("due_timers",
                   [&db = db_, limit, others = copy(left_out)] { return db.due_timers(limit, others); });
    }
    awaitable<void> add_dead_letters(std::span<const ports::dead_letter> letters) override {
        return tell("add_dead_letters", [&db = db_, items = copy(letters)] { db.add_dead_letters(items); });
    }

    awaitable<std::optional<std::string>> find_other_bus(const std::string& bus) override {
        return ask("find_other_bus", [&db = db_, bus] { return db.find_other_bus(bus); });
    }
    awaitable<ports::lease_view> renew_leases(const ports::relay_identity& relay,
                                              std::chrono::milliseconds time_to_live) override {
        return ask("renew_leases",
                   [&db = db_, relay, time_to_live] { return db.renew_leases(relay, time_to_live); });
    }
    awaitable<void> release_leases(const ports::relay_identity& relay,
                                   std::span<const std::uint8_t> shards) override {
        return tell("release_leases",
                    [&db = db_, relay, items = copy(shards)] { db.release_leases(relay, items); });
    }
    awaitable<void> retire(const ports::relay_identity& relay) override {
        return tell("retire", [&db = db_, relay] { db.retire(relay); });
    }
    awaitable<std::vector<ports::outbox_row>> pending(std::span<const ports::shard_position> positions,
                                                      std::size_t limit) override {
        return ask("pending",
                   [&db = db_, items = copy(positions), limit] { return db.pending(items, limit); });
    }
    awaitable<void> settle(std::span<const ports::outbox_row> rows) override {
        return tell("settle", [&db = db_, items = copy(rows)] { db.settle(items); });
    }
    awaitable<ports::outbox_depth> depth(std::span<const std::uint8_t> shards) override {
        return ask("depth", [&db = db_, items = copy(shards)] { return db.depth(items); });
    }
    awaitable<redrive_result> redrive(std::chrono::milliseconds after,
                                      std::optional<domain::uuid> from) override {
        return ask("redrive", [&db = db_, after, from] { return db.redrive(after, from); });
    }
    awaitable<std::size_t> purge_idempotency_keys(std::chrono::milliseconds age) override {
        return ask("purge_idempotency_keys", [&db = db_, age] { return db.purge_idempotency_keys(age); });
    }

    awaitable<ports::audit_page> audit(std::optional<domain::uuid> after, std::size_t limit) override {
        return ask("audit", [&db = db_, after, limit] { return db.audit(after, limit); });
    }
    awaitable<std::int64_t> estimate_orders() override {
        return ask("estimate_orders", [&db = db_] { return static_cast<std::int64_t>(db.orders.size()); });
    }

    awaitable<ports::purge_result> purge_orders(const ports::purge_request& request) override {
        return ask("purge_orders", [&db = db_, request] { return db.purge_orders(request); });
    }

    awaitable<std::optional<std::string>> find_fault() override {
        try {
            co_await tell("find_fault", [] {});
        } catch (const ports::store_error& error) {
            co_return error.what();
        }
        co_return std::nullopt;
    }
    awaitable<void> close() override {
        is_closed_ = true;
        co_return;
    }

private:
    template <typename Effect>
    auto ask(std::string_view call, Effect effect) -> awaitable<decltype(effect())> {
        if (is_closed_) throw ports::store_error(ports::store_fault::unavailable, "the store is closed");
        const auto answer = std::make_shared<std::optional<decltype(effect())>>();
        co_await carry_(call, [answer, effect = std::move(effect)]() mutable { answer->emplace(effect()); });
        co_return std::move(answer->value());
    }

    template <typename Effect>
    awaitable<void> tell(std::string_view call, Effect effect) {
        co_await ask(call, [effect = std::move(effect)]() mutable {
            effect();
            return true;
        });
    }

    memory_database& db_;
    effect_carrier carry_;
    bool is_closed_ = false;
};

}  // namespace

awaitable<void> carry_at_once(std::string_view /*call*/, std::function<void()> effect) {
    effect();
    co_return;
}

std::unique_ptr<ports::store> make_memory_store(memory_database& database, effect_carrier carry) {
    return std::make_unique<memory_store>(database, std::move(carry));
}

}  // namespace delivery::tests
