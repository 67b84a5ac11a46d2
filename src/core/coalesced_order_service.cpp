#include "core/coalesced_order_service.hpp"

#include "core/coalescer.hpp"

namespace delivery::core {
namespace {

using ports::store_operation;
using history_result = std::optional<std::vector<domain::order_event>>;

using page = std::vector<domain::order>;

constexpr ports::duration drain_poll = std::chrono::milliseconds(10);
/// Pages cannot share a query. So many are read at once, one fewer than a reactor has connections to the
/// database, and the others wait here: not before orders, reads and pings in the store's queue.
constexpr std::size_t lists_at_once = 3;

class coalesced_order_service final : public order_service {
public:
    coalesced_order_service(const surroundings& around, ports::order_store& store,
                            order_service_options options)
        : around_(around),
          store_(store),
          options_(std::move(options)),
          caller_(around),
          ids_(around.draw_seed()),
          creates_(around.where, around.clock, limits(),
                   [this](auto orders) { return create_batch(orders); }),
          finds_(around.where, around.clock, limits(), [this](auto ids) { return find_batch(ids); }),
          histories_(around.where, around.clock, limits(), [this](auto ids) { return history_batch(ids); }),
          lists_(around.where, around.clock, one_by_one(), [this](auto pages) { return list_batch(pages); }) {
    }

    awaitable<served<ports::create_result>> create(order_draft draft) override {
        const auto now = around_.clock.now();
        ports::new_order order{.id = ids_.next(now),
                               .event_id = ids_.next(now),
                               .customer_name = std::move(draft.customer_name),
                               .address = std::move(draft.address),
                               .traceparent = std::move(draft.traceparent),
                               .idempotency = std::move(draft.idempotency)};
        const auto id = order.id;
        return guard(creates_.submit(std::move(order), deadline()), id);
    }

    awaitable<served<std::optional<domain::order>>> find(domain::uuid id) override {
        return guard(finds_.submit(id, deadline()));
    }

    awaitable<served<history_result>> history(domain::uuid id) override {
        return guard(histories_.submit(id, deadline()));
    }

    awaitable<served<page>> list(ports::page_request request) override {
        return guard(lists_.submit(request, deadline()));
    }

    awaitable<void> drain() override {
        const auto pause = around_.clock.make_timer(around_.where);
        while (!is_idle()) co_await pause->wait(drain_poll);
    }

private:
    template <typename T>
    using refusable = std::expected<T, refusal>;

    [[nodiscard]] bool is_idle() const {
        return creates_.is_idle() && finds_.is_idle() && histories_.is_idle() && lists_.is_idle();
    }

    [[nodiscard]] coalescer_limits limits() const {
        return {.queue_max = options_.queue_max, .batch_max = options_.batch_max};
    }

    [[nodiscard]] coalescer_limits one_by_one() const {
        return {.queue_max = options_.queue_max, .batch_max = 1, .flights_max = lists_at_once};
    }

    [[nodiscard]] ports::instant deadline() const {
        return around_.clock.monotonic() + options_.request_timeout;
    }

    /// Turns refusals and a store that is away into `unavailable`; what is left is a bug and goes on as an
    /// exception. `written` is the order that the request stores; a read leaves nothing behind whose outcome
    /// could matter.
    template <typename T>
    awaitable<served<T>> guard(awaitable<refusable<T>> request,
                               std::optional<domain::uuid> written = std::nullopt) {
        const auto give_up = [&](bool is_unknown) {
            return std::unexpected(unavailable{.unknown_order = is_unknown ? written : std::nullopt});
        };
        try {
            auto result = co_await std::move(request);
            if (result) co_return std::move(*result);
            co_return give_up(result.error() == refusal::expired_in_flight);
        } catch (const ports::store_error& error) {
            around_.logger.warn("store call failed", {{"error", std::string_view(error.what())}});
            if (!error.is_worth_retry()) throw;
            co_return give_up(error.fault() == ports::store_fault::outcome_unknown);
        }
    }

    awaitable<std::vector<ports::create_result>> create_batch(std::span<const ports::new_order> orders) {
        around_.metrics.store_batch(orders.size());
        auto results = co_await caller_.call(store_operation::create, deadline(),
                                             [this, orders] { return store_.create(orders); });
        for (const auto& result : results) {
            if (result.outcome == ports::create_outcome::created) around_.metrics.order_created();
        }
        options_.on_outbox_written();
        co_return results;
    }

    awaitable<std::vector<std::optional<domain::order>>> find_batch(std::span<const domain::uuid> ids) {
        around_.metrics.store_batch(ids.size());
        return caller_.call(store_operation::find, deadline(), [this, ids] { return store_.find(ids); });
    }

    awaitable<std::vector<history_result>> history_batch(std::span<const domain::uuid> ids) {
        around_.metrics.store_batch(ids.size());
        return caller_.call(store_operation::history, deadline(),
                            [this, ids] { return store_.history(ids); });
    }

    awaitable<std::vector<page>> list_batch(std::span<const ports::page_request> pages) {
        const auto& request = pages.front();
        std::vector<page> results;
        results.push_back(co_await caller_.call(store_operation::list, deadline(),
                                                [this, &request] { return store_.list(request); }));
        co_return results;
    }

    surroundings around_;
    ports::order_store& store_;
    order_service_options options_;
    store_caller caller_;
    domain::uuid_generator ids_;
    coalescer<ports::new_order, ports::create_result> creates_;
    coalescer<domain::uuid, std::optional<domain::order>> finds_;
    coalescer<domain::uuid, history_result> histories_;
    coalescer<ports::page_request, page> lists_;
};

}  // namespace

std::unique_ptr<order_service> make_order_service(const surroundings& around, ports::order_store& store,
                                                  order_service_options options) {
    return std::make_unique<coalesced_order_service>(around, store, std::move(options));
}

}  // namespace delivery::core
