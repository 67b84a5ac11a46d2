#include "simulation/saboteurs.hpp"

#include "domain/shard.hpp"
#include "ports/store_error.hpp"

namespace delivery::simulation {
namespace {

class blind_store final : public ports::workflow_store {
public:
    blind_store(ports::workflow_store& store, const tests::memory_database& database)
        : store_(store), database_(database) {}

    awaitable<std::vector<ports::step_outcome>> take_steps(
        std::span<const ports::step_request> steps) override {
        std::vector<ports::step_request> blind(steps.begin(), steps.end());
        for (auto& step : blind) {
            const auto found = database_.orders.find(step.order_id);
            if (found == database_.orders.end()) continue;
            step.version = found->second.order.version;
            step.from = found->second.order.status;
        }
        co_return co_await store_.take_steps(blind);
    }

    awaitable<ports::due_result> take_due_timers(std::span<const domain::uuid> event_ids,
                                                 std::span<const domain::uuid> left_out) override {
        return store_.take_due_timers(event_ids, left_out);
    }
    awaitable<std::vector<ports::due_timer>> due_timers(std::size_t limit,
                                                        std::span<const domain::uuid> left_out) override {
        return store_.due_timers(limit, left_out);
    }

private:
    ports::workflow_store& store_;
    const tests::memory_database& database_;
};

class hasty_consumer final : public ports::consumer {
public:
    explicit hasty_consumer(std::unique_ptr<ports::consumer> consumer) : consumer_(std::move(consumer)) {}

    awaitable<std::vector<ports::inbound_message>> receive(std::size_t max) override {
        auto messages = co_await consumer_->receive(max);
        std::vector<ports::delivery_tag> tags;
        for (const auto& message : messages) tags.push_back(message.tag);
        consumer_->acknowledge(tags);
        co_return messages;
    }
    void acknowledge(std::span<const ports::delivery_tag> tags) override { consumer_->acknowledge(tags); }
    void give_back(std::span<const ports::delivery_tag> tags) override { consumer_->give_back(tags); }
    awaitable<bool> dead_letter(const ports::inbound_message& message, const std::string& reason) override {
        return consumer_->dead_letter(message, reason);
    }
    void pause() override { consumer_->pause(); }
    void resume() override { consumer_->resume(); }
    void stop() override { consumer_->stop(); }

private:
    std::unique_ptr<ports::consumer> consumer_;
};

class order_store_around : public ports::order_store {
public:
    explicit order_store_around(ports::order_store& store) : store_(store) {}

    awaitable<std::vector<ports::create_result>> create(std::span<const ports::new_order> orders) override {
        return store_.create(orders);
    }
    awaitable<std::vector<std::optional<domain::order>>> find(std::span<const domain::uuid> ids) override {
        return store_.find(ids);
    }
    awaitable<std::vector<std::optional<std::vector<domain::order_event>>>> history(
        std::span<const domain::uuid> ids) override {
        return store_.history(ids);
    }
    awaitable<std::vector<domain::order>> list(const ports::page_request& request) override {
        return store_.list(request);
    }

private:
    ports::order_store& store_;
};

class lying_store final : public order_store_around {
public:
    using order_store_around::order_store_around;

    awaitable<std::vector<ports::create_result>> create(std::span<const ports::new_order> orders) override {
        try {
            co_return co_await order_store_around::create(orders);
        } catch (const ports::store_error&) {
            co_return as_if_stored(orders);
        }
    }

private:
    static std::vector<ports::create_result> as_if_stored(std::span<const ports::new_order> orders) {
        std::vector<ports::create_result> results(orders.size());
        for (std::size_t i = 0; i < orders.size(); ++i) results[i].order.id = orders[i].id;
        return results;
    }
};

class spoiling_store final : public order_store_around {
public:
    spoiling_store(ports::order_store& store, std::function<void(ports::new_order&)> spoil)
        : order_store_around(store), spoil_(std::move(spoil)) {}

    awaitable<std::vector<ports::create_result>> create(std::span<const ports::new_order> orders) override {
        std::vector<ports::new_order> spoiled(orders.begin(), orders.end());
        for (auto& order : spoiled) spoil_(order);
        co_return co_await order_store_around::create(spoiled);
    }

private:
    std::function<void(ports::new_order&)> spoil_;
};

class outbox_store_around : public ports::outbox_store {
public:
    explicit outbox_store_around(ports::outbox_store& store) : store_(store) {}

    awaitable<std::vector<ports::outbox_row>> pending(std::span<const ports::shard_position> positions,
                                                      std::size_t limit) override {
        return store_.pending(positions, limit);
    }
    awaitable<std::optional<std::string>> find_other_bus(const std::string& bus) override {
        return store_.find_other_bus(bus);
    }
    awaitable<ports::lease_view> renew_leases(const ports::relay_identity& relay,
                                              std::chrono::milliseconds time_to_live) override {
        return store_.renew_leases(relay, time_to_live);
    }
    awaitable<void> release_leases(const ports::relay_identity& relay,
                                   std::span<const std::uint8_t> shards) override {
        return store_.release_leases(relay, shards);
    }
    awaitable<void> retire(const ports::relay_identity& relay) override { return store_.retire(relay); }
    awaitable<void> settle(std::span<const ports::outbox_row> rows) override { return store_.settle(rows); }
    awaitable<ports::outbox_depth> depth(std::span<const std::uint8_t> shards) override {
        return store_.depth(shards);
    }
    awaitable<redrive_result> redrive(std::chrono::milliseconds after,
                                      std::optional<domain::uuid> from) override {
        return store_.redrive(after, from);
    }
    awaitable<std::size_t> purge_idempotency_keys(std::chrono::milliseconds age) override {
        return store_.purge_idempotency_keys(age);
    }

private:
    ports::outbox_store& store_;
};

class forgetful_store final : public outbox_store_around {
public:
    using outbox_store_around::outbox_store_around;

    awaitable<std::vector<ports::outbox_row>> pending(std::span<const ports::shard_position> positions,
                                                      std::size_t limit) override {
        auto rows = co_await outbox_store_around::pending(positions, limit);
        co_await settle(rows);
        co_return rows;
    }
};

class lawless_store final : public outbox_store_around {
public:
    using outbox_store_around::outbox_store_around;

    awaitable<ports::lease_view> renew_leases(const ports::relay_identity& relay,
                                              std::chrono::milliseconds time_to_live) override {
        co_await outbox_store_around::renew_leases(relay, time_to_live);
        ports::lease_view all{.shards = {}, .fair_share = domain::shard_count};
        for (std::uint8_t shard = 0; shard < domain::shard_count; ++shard) all.shards.push_back(shard);
        co_return all;
    }
};

class lonely_store final : public outbox_store_around {
public:
    using outbox_store_around::outbox_store_around;

    awaitable<std::optional<std::string>> find_other_bus(const std::string& /*bus*/) override {
        co_return std::nullopt;
    }
    awaitable<ports::lease_view> renew_leases(const ports::relay_identity& relay,
                                              std::chrono::milliseconds time_to_live) override {
        auto view = co_await outbox_store_around::renew_leases(relay, time_to_live);
        view.fair_share = domain::shard_count;
        co_return view;
    }
};

}  // namespace

std::unique_ptr<ports::workflow_store> make_blind_store(ports::workflow_store& store,
                                                        const tests::memory_database& database) {
    return std::make_unique<blind_store>(store, database);
}

std::unique_ptr<ports::consumer> make_hasty_consumer(std::unique_ptr<ports::consumer> consumer) {
    return std::make_unique<hasty_consumer>(std::move(consumer));
}

std::unique_ptr<ports::order_store> make_lying_store(ports::order_store& store) {
    return std::make_unique<lying_store>(store);
}

std::unique_ptr<ports::order_store> make_spoiling_store(ports::order_store& store,
                                                        std::function<void(ports::new_order&)> spoil) {
    return std::make_unique<spoiling_store>(store, std::move(spoil));
}

std::unique_ptr<ports::outbox_store> make_forgetful_store(ports::outbox_store& store) {
    return std::make_unique<forgetful_store>(store);
}

std::unique_ptr<ports::outbox_store> make_lawless_store(ports::outbox_store& store) {
    return std::make_unique<lawless_store>(store);
}

std::unique_ptr<ports::outbox_store> make_lonely_store(ports::outbox_store& store) {
    return std::make_unique<lonely_store>(store);
}

}  // namespace delivery::simulation
