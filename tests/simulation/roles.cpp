#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include "core/coalesced_order_service.hpp"
#include "core/group.hpp"
#include "core/relay.hpp"
#include "core/worker.hpp"
#include "simulation/process.hpp"
#include "simulation/saboteurs.hpp"

namespace delivery::simulation {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<ports::order_store> sabotage_orders(world& in, ports::order_store& store) {
    switch (in.broken) {
        case sabotage::answers_before_commit: return make_lying_store(store);
        case sabotage::keys_ignored:
            return make_spoiling_store(store, [](ports::new_order& order) { order.idempotency.reset(); });
        case sabotage::ids_made_anew:
            return make_spoiling_store(
                store, [&in, ids = domain::uuid_generator(in.random())](ports::new_order& order) mutable {
                    order.id = ids.next(in.time.wall());
                    order.event_id = ids.next(in.time.wall());
                });
        default: return nullptr;
    }
}

std::unique_ptr<ports::outbox_store> sabotage_outbox(const world& in, ports::outbox_store& store) {
    switch (in.broken) {
        case sabotage::settles_before_publishing: return make_forgetful_store(store);
        case sabotage::leases_ignored: return make_lawless_store(store);
        case sabotage::shards_kept: return make_lonely_store(store);
        default: return nullptr;
    }
}

class api_process final : public process {
public:
    explicit api_process(world& in)
        : process(in),
          store_(open_store()),
          broken_(sabotage_orders(in, *store_)),
          clients_(clock_, where()) {
        ports::order_store& store = broken_ ? *broken_ : *store_;
        service_ = core::make_order_service(around(), store,
                                            {.request_timeout = 2s, .queue_max = 8, .batch_max = 4});
        clients_here_ = 1 + static_cast<int>(world_.draw(6));
        world_.clients.clients += clients_here_;
        for (int i = 0; i < clients_here_; ++i) clients_.start(post_orders());
        start_main(clients_.join());
    }
    ~api_process() override { kill(); }

    void stop() override { is_stopping_ = true; }

private:
    void disconnect() override { world_.clients.clients -= std::exchange(clients_here_, 0); }

    awaitable<void> post_orders() {
        while (!is_stopping_ && world_.clients.orders_left > 0) {
            --world_.clients.orders_left;
            co_await post_order();
            co_await clock_.make_timer(where())->wait(world_.draw_time(800ms));
        }
        --clients_here_;
        --world_.clients.clients;
    }

    /// Posts an order; with a key, again and again until it is answered, and now and then once more.
    awaitable<void> post_order() {
        std::optional<ports::idempotency_key> key;
        if (world_.draw(2) == 0) key = ports::idempotency_key{.key = fmt::format("{:016x}", world_.random())};
        const auto name = fmt::format("customer of order {}", ++world_.clients.orders_named);
        for (int attempt = 0; attempt < (key ? 5 : 1); ++attempt) {
            const auto created = co_await service_->create({.customer_name = name,
                                                            .address = "Rua das Flores, 1",
                                                            .traceparent = {},
                                                            .idempotency = key});
            if (!created) continue;
            world_.clients.acknowledged.insert(created->order.id);
            if (key) world_.clients.orders_by_key[key->key].insert(created->order.id);
            if (world_.broken == sabotage::none) co_await read_back(created->order.id);
            if (!key || world_.draw(4) != 0) co_return;
        }
    }

    /// Whoever was told that the order is stored can read it.
    awaitable<void> read_back(domain::uuid id) {
        const auto found = co_await service_->find(id);
        if (found && !*found) {
            world_.clients.broken_promises.push_back("order " + id.to_string() +
                                                     " is acknowledged but not found");
        }
    }

    std::unique_ptr<ports::store> store_;
    std::unique_ptr<ports::order_store> broken_;
    std::unique_ptr<core::order_service> service_;
    core::group clients_;
    int clients_here_ = 0;
    bool is_stopping_ = false;
};

/// A publisher whose way to the broker can be cut: then everything fails, at once or when time is up.
class cuttable_publisher final : public ports::publisher {
public:
    cuttable_publisher(world& in, ports::clock& clock, std::unique_ptr<ports::publisher> publisher)
        : world_(in), clock_(clock), publisher_(std::move(publisher)) {}

    awaitable<std::vector<ports::publish_outcome>> publish(
        std::span<const ports::event_message> messages) override {
        if (!is_cut) co_return co_await publisher_->publish(messages);
        const executor where = co_await boost::asio::this_coro::executor;
        co_await clock_.make_timer(where)->wait(world_.draw_time(2s));
        co_return std::vector(messages.size(), ports::publish_outcome::failed);
    }

    bool is_cut = false;

private:
    world& world_;
    ports::clock& clock_;
    std::unique_ptr<ports::publisher> publisher_;
};

class relay_process final : public process {
public:
    explicit relay_process(world& in)
        : process(in),
          store_(open_store()),
          broken_(sabotage_outbox(in, *store_)),
          publisher_(in, clock_, in.broker.make_publisher(clock_, where())),
          relay_(around(), broken_ ? *broken_ : *store_, publisher_,
                 {.owner = domain::uuid_generator(in.random()).next(in.time.wall()), .bus = "simulated"},
                 options()) {
        start_main(relay_.run());
    }
    ~relay_process() override { kill(); }

    void cut_off_bus(bool is_cut_off) override {
        publisher_.is_cut = is_cut_off;
        is_cut_known_ = is_cut_off && world_.draw(2) == 0;
    }

    void stop() override {
        do_later([this] { relay_.stop(); });
    }

private:
    [[nodiscard]] core::relay_options options() {
        return {.batch_max = 8,
                .idle_poll = 150ms,
                .rescan = 2s,
                .redrive_after = world_.redrive_after,
                .bus_patience = 1s,
                .find_bus_fault = [this] { return find_bus_fault(); }};
    }

    [[nodiscard]] std::optional<std::string> find_bus_fault() const {
        return is_cut_known_ ? std::optional<std::string>("cut off") : std::nullopt;
    }

    std::unique_ptr<ports::store> store_;
    std::unique_ptr<ports::outbox_store> broken_;
    cuttable_publisher publisher_;
    bool is_cut_known_ = false;
    core::relay relay_;
};

class worker_process final : public process {
public:
    explicit worker_process(world& in)
        : process(in),
          store_(open_store()),
          blind_(make_blind_store(*store_, in.database)),
          consumer_(in.broker.make_consumer(clock_, where())) {
        if (in.broken == sabotage::acknowledges_on_receive)
            consumer_ = make_hasty_consumer(std::move(consumer_));
        ports::workflow_store& store = in.broken == sabotage::versions_ignored ? *blind_ : *store_;
        worker_.emplace(around(), store, *consumer_,
                        core::worker_options{
                            .durations = in.durations,
                            .batch_max = 8,
                            .timer_poll = 300ms,
                            .store_patience = in.broken == sabotage::messages_kept ? 24h : 3s,
                        });
        start_main(worker_->run());
    }
    ~worker_process() override { kill(); }

    void stop() override {
        do_later([this] { worker_->stop(); });
    }

private:
    void disconnect() override { consumer_.reset(); }

    std::unique_ptr<ports::store> store_;
    std::unique_ptr<ports::workflow_store> blind_;
    std::unique_ptr<ports::consumer> consumer_;
    std::optional<core::worker> worker_;
};

}  // namespace

std::unique_ptr<process> make_api(world& in) { return std::make_unique<api_process>(in); }
std::unique_ptr<process> make_relay(world& in) { return std::make_unique<relay_process>(in); }
std::unique_ptr<process> make_worker(world& in) { return std::make_unique<worker_process>(in); }

}  // namespace delivery::simulation
