#include "core/relay.hpp"

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "core/bus_trust.hpp"
#include "core/group.hpp"
#include "core/shard_table.hpp"
#include "core/trace_context.hpp"
#include "domain/flow.hpp"

namespace delivery::core {
namespace {

using ports::store_operation;

constexpr ports::duration store_call_timeout = std::chrono::seconds(5);
/// The lease is taken to end this much earlier than the store has it, for clocks that run at different
/// speeds.
constexpr ports::duration lease_margin = std::chrono::milliseconds(250);
constexpr backoff::limits failure_pause{.first = std::chrono::milliseconds(20),
                                        .most = std::chrono::seconds(1)};
/// A batch shrinks no further than to this.
constexpr std::size_t least_batch = 8;
/// An outage of the bus is logged no more often than this.
constexpr ports::duration failure_note_interval = std::chrono::seconds(10);
constexpr ports::duration depth_interval = std::chrono::seconds(1);
/// Counting rows may take one part in so many of the relay's time.
constexpr int depth_cost_share = 20;
constexpr ports::duration housekeeping_interval_max = std::chrono::seconds(60);
/// How often a relay that stands aside looks whether it can come back.
constexpr ports::duration return_poll = std::chrono::milliseconds(250);
/// Housekeeping is done by the one relay that holds this shard.
constexpr std::uint8_t housekeeping_shard = 0;

/// The rows of a batch that may be published together: the first of each order. Later versions wait until it
/// is settled.
std::vector<bool> find_publishable(std::span<const ports::outbox_row> rows) {
    std::unordered_set<domain::uuid> seen;
    std::vector<bool> publishable;
    publishable.reserve(rows.size());
    for (const auto& row : rows) publishable.push_back(seen.insert(row.event.order_id).second);
    return publishable;
}

}  // namespace

class relay::implementation {
public:
    implementation(surroundings around, ports::outbox_store& store, ports::publisher& publisher,
                   ports::relay_identity identity, relay_options options)
        : around_(std::move(around)),
          store_(store),
          publisher_(publisher),
          identity_(std::move(identity)),
          options_(std::move(options)),
          caller_(around_),
          random_(around_.draw_seed()),
          trust_(options_.bus_patience, random_()),
          shards_(options_.lanes),
          tasks_(around_.clock, around_.where),
          lease_bell_(around_.clock, around_.where),
          depth_bell_(around_.clock, around_.where),
          housekeeping_bell_(around_.clock, around_.where) {
        for (std::size_t i = 0; i < options_.lanes; ++i) lanes_.emplace_back(around_, options_.batch_max);
    }

    awaitable<void> run() {
        for (std::size_t lane = 0; lane < options_.lanes; ++lane) tasks_.start(run_lane(lane));
        tasks_.start(measure_depth());
        tasks_.start(keep_house());
        tasks_.start(keep_leases());
        co_await tasks_.join();
        co_await retire();
    }

    void stop() {
        is_stopping_ = true;
        lease_bell_.notify();
        housekeeping_bell_.notify();
        depth_bell_.notify();
        for (auto& lane : lanes_) lane.stop.notify();
        wake();
    }

    void wake() {
        for (auto& lane : lanes_) lane.work.notify();
    }

    [[nodiscard]] bool keeps_house() const { return shards_.holds(housekeeping_shard); }

private:
    /// What ends a lane's waits: new rows end an idle one, but not the pause after a failure. And how many
    /// rows it takes at once.
    struct lane_state {
        lane_state(const surroundings& around, std::size_t most)
            : work(around.clock, around.where), stop(around.clock, around.where), batch(most) {}
        wakeup work;
        wakeup stop;
        std::size_t batch;
    };

    awaitable<void> keep_leases() {
        co_await await_bus();
        while (!is_stopping_) {
            const bool has_peers = co_await renew_leases();
            if (is_stopping_) break;
            if (has_peers && !is_bus_usable()) {
                co_await stand_aside();
            } else {
                co_await lease_bell_.wait(options_.lease_renewal);
            }
        }
    }

    [[nodiscard]] bool is_bus_usable() {
        return trust_.is_usable(around_.clock.monotonic(), options_.find_bus_fault().has_value());
    }

    /// Gives everything to the other relays, which may have a bus that works, until this one's does again. A
    /// batch in the works may come to be published twice by this.
    awaitable<void> stand_aside() {
        const auto fault = options_.find_bus_fault().value_or("nothing that was published is confirmed");
        around_.logger.warn("the bus does not work here: other relays get the shards",
                            {{"bus", std::string_view(identity_.bus)}, {"error", std::string_view(fault)}});
        leased_until_ = {};
        note_lapse();
        co_await retire();
        co_await await_bus();
        if (!is_stopping_)
            around_.logger.info("the relay takes shards again", {{"bus", std::string_view(identity_.bus)}});
    }

    /// A relay that is alone waits for nothing: with no other to publish, it can as well hold the shards,
    /// tell how much is pending, and keep house.
    awaitable<void> await_bus() {
        while (!is_stopping_ && !is_bus_usable() && co_await lives_another()) {
            co_await lease_bell_.wait(return_poll);
        }
    }

    /// To be asked by a relay that is not registered itself. Where the store is away there is nothing to
    /// lease.
    awaitable<bool> lives_another() {
        static const std::string no_bus;
        try {
            const auto other = co_await store_.find_other_bus(no_bus);
            co_return other.has_value();
        } catch (const ports::store_error&) {
            co_return true;
        }
    }

    /// Answers whether other relays are known to live.
    awaitable<bool> renew_leases() {
        bool has_peers = false;
        const auto asked_at = around_.clock.monotonic();
        try {
            const auto view = co_await caller_.call(
                store_operation::renew_leases, asked_at + options_.lease_renewal,
                [this] { return store_.renew_leases(identity_, options_.lease_time_to_live); });
            note_lapse();
            leased_until_ = asked_at + options_.lease_time_to_live - lease_margin;
            has_peers = view.fair_share < domain::shard_count;
            const auto held_before = shards_.held();
            shards_.renewed(view);
            if (shards_.held() != held_before) {
                note_leases(view);
                wake();
            }
            co_await release_surplus();
        } catch (const ports::store_error& error) {
            around_.logger.warn("shard leases were not renewed", {{"error", std::string_view(error.what())}});
        }
        note_lapse();
        co_return has_peers;
    }

    /// Once the lease may have run out, others may have worked on the shards since: nothing that was read or
    /// remembered under it counts any more, even if a renewal gets the same shards again.
    void note_lapse() {
        if (is_leased()) return;
        shards_.lost_all();
        ++lapses_;
    }

    void note_leases(const ports::lease_view& view) {
        around_.logger.info("shard leases changed",
                            {{"shards", static_cast<std::int64_t>(view.shards.size())},
                             {"fair_share", static_cast<std::int64_t>(view.fair_share)}});
    }

    awaitable<void> release_surplus() {
        const auto surplus = shards_.take_surplus();
        if (!surplus.empty()) co_await store_.release_leases(identity_, surplus);
    }

    awaitable<void> retire() {
        try {
            co_await store_.retire(identity_);
        } catch (const ports::store_error& error) {
            around_.logger.warn("shard leases were not given up and will run out",
                                {{"error", std::string_view(error.what())}});
        }
    }

    [[nodiscard]] bool is_leased() const { return around_.clock.monotonic() < leased_until_; }

    awaitable<void> run_lane(std::size_t lane) {
        backoff pauses(failure_pause, random_());
        auto rescan_at = around_.clock.monotonic() + options_.rescan;
        while (!is_stopping_) {
            if (around_.clock.monotonic() >= rescan_at) {
                shards_.rewind(lane);
                rescan_at = around_.clock.monotonic() + options_.rescan;
            }
            const auto done = co_await run_batch(lane);
            shards_.end_batch(lane);
            if (done == progress::failed) {
                co_await lanes_[lane].stop.wait(pauses.next());
                continue;
            }
            pauses.reset();
            if (done == progress::idle && !is_stopping_) co_await lanes_[lane].work.wait(options_.idle_poll);
        }
    }

    enum class progress { idle, moved, failed };

    /// Reads, publishes and settles one batch of a lane's rows.
    awaitable<progress> run_batch(std::size_t lane) {
        const auto positions = shards_.begin_batch(lane);
        if (positions.empty()) co_return progress::idle;
        const auto lapses_before = lapses_;
        try {
            const auto rows = co_await caller_.call(
                store_operation::pending, around_.clock.monotonic() + store_call_timeout,
                [this, &positions, lane] { return store_.pending(positions, lanes_[lane].batch); });
            if (rows.empty()) co_return progress::idle;
            // Frozen for longer than the lease? Then another relay has these shards now.
            if (!is_leased() || lapses_ != lapses_before) co_return progress::failed;
            co_return co_await publish_and_settle(lane, rows);
        } catch (const ports::store_error& error) {
            around_.logger.warn("outbox cannot be read or settled",
                                {{"error", std::string_view(error.what())}});
            co_return progress::failed;
        }
    }

    awaitable<progress> publish_and_settle(std::size_t lane, const std::vector<ports::outbox_row>& rows) {
        const auto publishable = find_publishable(rows);
        std::vector<ports::event_message> messages;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (publishable[i])
                messages.push_back({.event = rows[i].event, .traceparent = rows[i].traceparent});
        }
        const auto begun = around_.clock.monotonic();
        const auto outcomes = co_await publisher_.publish(messages);
        if (trust_.published(begun, around_.clock.monotonic(), outcomes)) lease_bell_.notify();

        std::vector<ports::outbox_row> confirmed;
        std::vector<bool> settled;
        std::size_t failures = 0;
        for (std::size_t i = 0, sent = 0; i < rows.size(); ++i) {
            const bool is_confirmed =
                publishable[i] && outcomes.at(sent++) == ports::publish_outcome::confirmed;
            if (is_confirmed) confirmed.push_back(rows[i]);
            if (publishable[i] && !is_confirmed) ++failures;
            settled.push_back(is_confirmed);
        }
        note_failures(failures, outcomes);
        adapt_batch(lane, outcomes);
        co_await settle(confirmed);
        shards_.read_up_to(rows, settled);
        co_return failures > 0 ? progress::failed : progress::moved;
    }

    /// A bus that is too slow to confirm a batch in time gets it again from the start, on top of what it has
    /// not digested yet. It would never catch up, were the next batches not smaller. What it returned or
    /// refused, it answered in time.
    void adapt_batch(std::size_t lane, std::span<const ports::publish_outcome> outcomes) {
        auto& batch = lanes_[lane].batch;
        const bool has_failed = std::ranges::count(outcomes, ports::publish_outcome::failed) > 0;
        batch = has_failed ? std::max(batch / 2, std::min(least_batch, options_.batch_max))
                           : std::min(batch * 2, options_.batch_max);
    }

    awaitable<void> settle(const std::vector<ports::outbox_row>& rows) {
        if (rows.empty()) co_return;
        around_.metrics.published(rows.size());
        around_.metrics.store_batch(rows.size());
        co_await caller_.call(store_operation::settle, around_.clock.monotonic() + store_call_timeout,
                              [this, &rows]() -> awaitable<bool> {
                                  co_await store_.settle(rows);
                                  co_return true;
                              });
        for (const auto& row : rows) note_published(row);
    }

    void note_published(const ports::outbox_row& row) {
        if (!around_.logger.is_enabled(ports::log_level::debug)) return;
        around_.logger.debug("event published", {{"order_id", row.event.order_id.to_string()},
                                                 {"trace_id", trace_id_of(row.traceparent)},
                                                 {"order_status", to_string(row.event.status)}});
    }

    void note_failures(std::size_t failures, std::span<const ports::publish_outcome> outcomes) {
        if (failures == 0) return;
        around_.metrics.publish_failed(failures);
        const auto now = around_.clock.monotonic();
        if (now < next_failure_note_) return;
        next_failure_note_ = now + failure_note_interval;
        const auto returned = std::ranges::count(outcomes, ports::publish_outcome::returned);
        const auto refused = std::ranges::count(outcomes, ports::publish_outcome::refused);
        around_.logger.warn("events were not published and stay pending",
                            {{"count", static_cast<std::int64_t>(failures)},
                             {"returned", static_cast<std::int64_t>(returned)},
                             {"refused", static_cast<std::int64_t>(refused)}});
    }

    awaitable<void> measure_depth() {
        while (!is_stopping_) {
            const auto started = around_.clock.monotonic();
            try {
                const auto held = shards_.held();
                // Measured, and not tried again: a gauge has its next turn soon.
                const auto depth = co_await caller_.call(store_operation::depth, started,
                                                         [&] { return store_.depth(held); });
                around_.metrics.outbox_depth(depth.pending, depth.oldest_age);
            } catch (const ports::store_error& error) {
                // No warning: the lanes and the leases report a store that is away.
                around_.logger.debug("outbox depth was not measured",
                                     {{"error", std::string_view(error.what())}});
            }
            const auto took = around_.clock.monotonic() - started;
            if (!is_stopping_) co_await depth_bell_.wait(std::max(depth_interval, took * depth_cost_share));
        }
    }

    awaitable<void> keep_house() {
        const auto interval =
            std::min<ports::duration>(options_.redrive_after / 4, housekeeping_interval_max);
        while (!is_stopping_) {
            co_await housekeeping_bell_.wait(interval);
            if (is_stopping_ || !keeps_house()) continue;
            try {
                co_await redrive();
                co_await purge();
            } catch (const ports::store_error& error) {
                around_.logger.warn("housekeeping failed", {{"error", std::string_view(error.what())}});
            }
        }
    }

    awaitable<void> redrive() {
        std::optional<domain::uuid> from;
        std::size_t announced = 0;
        do {
            const auto result = co_await caller_.call(
                store_operation::redrive, around_.clock.monotonic() + store_call_timeout,
                [this, from] { return store_.redrive(options_.redrive_after, from); });
            announced += result.announced;
            from = result.next;
        } while (from && !is_stopping_);
        if (announced == 0) co_return;
        around_.logger.warn("orders without news were announced again",
                            {{"count", static_cast<std::int64_t>(announced)}});
        wake();
    }

    awaitable<void> purge() {
        std::size_t purged = 0;
        do {
            purged = co_await caller_.call(
                store_operation::purge, around_.clock.monotonic() + store_call_timeout,
                [this] { return store_.purge_idempotency_keys(options_.idempotency_key_age); });
        } while (purged > 0 && !is_stopping_);
    }

    surroundings around_;
    ports::outbox_store& store_;
    ports::publisher& publisher_;
    ports::relay_identity identity_;
    relay_options options_;
    store_caller caller_;
    std::mt19937_64 random_;
    bus_trust trust_;
    shard_table shards_;
    group tasks_;
    wakeup lease_bell_;
    wakeup depth_bell_;
    wakeup housekeeping_bell_;
    std::deque<lane_state> lanes_;
    ports::instant leased_until_{};
    std::uint64_t lapses_ = 0;
    ports::instant next_failure_note_{};
    bool is_stopping_ = false;
};

relay::relay(surroundings around, ports::outbox_store& store, ports::publisher& publisher,
             ports::relay_identity identity, relay_options options)
    : implementation_(std::make_unique<implementation>(std::move(around), store, publisher,
                                                       std::move(identity), std::move(options))) {}

relay::~relay() = default;

awaitable<void> relay::run() { return implementation_->run(); }

void relay::stop() { implementation_->stop(); }

void relay::wake() { implementation_->wake(); }

bool relay::keeps_house() const { return implementation_->keeps_house(); }

}  // namespace delivery::core
