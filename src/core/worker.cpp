#include "core/worker.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "core/burials.hpp"
#include "core/group.hpp"
#include "core/trace_context.hpp"

namespace delivery::core {
namespace {

using ports::inbound_message;
using ports::message_result;
using ports::step_outcome;
using ports::store_operation;

constexpr ports::duration store_call_timeout = std::chrono::seconds(5);
constexpr backoff::limits outage_pause{.first = std::chrono::milliseconds(50),
                                       .most = std::chrono::seconds(1)};
/// Timers are not looked for more often than this, however many are set.
constexpr ports::duration timer_spacing = std::chrono::milliseconds(5);
/// How long a timer that the store refuses is left out before it is tried again, and how many may be.
constexpr ports::duration refused_timer_pause = std::chrono::minutes(1);
constexpr std::size_t refused_timers_max = 1000;

/// Why a step can never be taken; nothing where it was, or no longer needs to be.
const char* find_rejection(step_outcome outcome) {
    switch (outcome) {
        case step_outcome::ahead: return "message is ahead of its order";
        case step_outcome::missing: return "no such order";
        case step_outcome::contradicted: return "message contradicts its order";
        case step_outcome::advanced:
        case step_outcome::scheduled:
        case step_outcome::stale: return nullptr;
    }
    return nullptr;
}

message_result result_of(step_outcome outcome) {
    if (outcome == step_outcome::advanced) return message_result::advanced;
    if (outcome == step_outcome::scheduled) return message_result::scheduled;
    return message_result::stale;
}

}  // namespace

class worker::implementation {
public:
    implementation(surroundings around, ports::workflow_store& store, ports::consumer& consumer,
                   worker_options options)
        : around_(std::move(around)),
          store_(store),
          consumer_(consumer),
          options_(std::move(options)),
          caller_(around_),
          random_(around_.draw_seed()),
          ids_(around_.draw_seed()),
          tasks_(around_.clock, around_.where),
          timer_bell_(around_.clock, around_.where),
          stop_bell_(around_.clock, around_.where),
          burials_(around_, consumer_,
                   [this](const inbound_message& buried) { count(buried, message_result::dead_lettered); }) {}

    awaitable<void> run() {
        last_answer_ = around_.clock.monotonic();
        tasks_.start(take_timers());
        tasks_.start(take_messages());
        co_await tasks_.join();
        co_await burials_.join();
    }

    void stop() {
        is_stopping_ = true;
        consumer_.stop();
        timer_bell_.notify();
        stop_bell_.notify();
        burials_.stop();
    }

private:
    using messages_view = std::span<const inbound_message* const>;

    /// Until there are none any more: then the worker ends.
    awaitable<void> take_messages() {
        while (!is_stopping_) {
            const auto messages = co_await consumer_.receive(options_.batch_max);
            if (messages.empty()) break;
            co_await handle(messages);
        }
        is_stopping_ = true;
        timer_bell_.notify();
        burials_.stop();
    }

    /// Handles fresh messages as one batch. A message that comes again is handled alone, since it may be the
    /// one that ended a worker before; and what can never succeed goes to the dead letters, alone too.
    awaitable<void> handle(const std::vector<inbound_message>& messages) {
        std::vector<const inbound_message*> fresh;
        for (const auto& message : messages) {
            if (!message.content) {
                co_await burials_.add(message, message.content.error());
            } else if (!message.redelivered) {
                fresh.push_back(&message);
            } else {
                note_redelivery(message);
                const inbound_message* const alone[] = {&message};
                co_await take_steps(alone);
            }
        }
        if (!fresh.empty()) co_await take_steps(fresh);
    }

    void note_redelivery(const inbound_message& message) {
        around_.logger.info("message was delivered before and is handled alone",
                            {{"order_id", message.content->event.order_id.to_string()},
                             {"trace_id", trace_id_of(message.content->traceparent)}});
    }

    /// Takes the steps of these messages in one transaction, however long the store is away meanwhile, then
    /// acknowledges them.
    awaitable<void> take_steps(messages_view messages) {
        if (leaves_it_to_others()) co_return give_back(messages);
        std::vector<const inbound_message*> asking;
        std::vector<ports::delivery_tag> finished;
        std::vector<ports::step_request> steps;
        for (const auto* message : messages) {
            if (const auto step = domain::next_step(message->content->event.status)) {
                asking.push_back(message);
                steps.push_back(make_request(*message, *step));
            } else {
                finished.push_back(message->tag);  // Nothing is left to do for an order that is finished.
                count(*message, message_result::stale);
            }
        }
        consumer_.acknowledge(finished);
        if (!steps.empty()) co_await take_steps(asking, steps);
    }

    awaitable<void> take_steps(messages_view messages, const std::vector<ports::step_request>& steps) {
        backoff pauses(outage_pause, random_());
        while (true) {
            std::optional<ports::store_error> failure;
            try {
                const auto outcomes = co_await caller_.call(
                    store_operation::take_steps, around_.clock.monotonic() + store_call_timeout,
                    [this, &steps] { return store_.take_steps(steps); });
                note_answer();
                co_await conclude(messages, steps, outcomes);
                co_return;
            } catch (const ports::store_error& error) {
                failure = error;
            }
            if (failure->fault() == ports::store_fault::bad_data) {
                note_answer();
                co_await isolate(messages, steps);
                co_return;
            }
            if (around_.clock.monotonic() - last_answer_ < options_.store_patience) {
                note_outage(*failure);
                co_await stop_bell_.wait(pauses.next());
            } else {
                stand_aside(*failure);
            }
            if (leaves_it_to_others()) co_return give_back(messages);
        }
    }

    [[nodiscard]] bool leaves_it_to_others() const { return is_stopping_ || is_standing_aside_; }

    /// One of these has data that the store refuses: finds it by taking them one by one.
    awaitable<void> isolate(messages_view messages, const std::vector<ports::step_request>& steps) {
        if (messages.size() == 1) {
            co_await burials_.add(*messages.front(), "the store refuses its data");
            co_return;
        }
        for (std::size_t i = 0; i < messages.size(); ++i) {
            if (leaves_it_to_others()) co_return give_back(messages.subspan(i));
            co_await take_steps(messages.subspan(i, 1), {steps[i]});
        }
    }

    awaitable<void> conclude(messages_view messages, const std::vector<ports::step_request>& steps,
                             const std::vector<step_outcome>& outcomes) {
        around_.metrics.store_batch(steps.size());
        std::vector<ports::delivery_tag> done;
        for (std::size_t i = 0; i < messages.size(); ++i) {
            if (find_rejection(outcomes.at(i)) != nullptr) continue;
            done.push_back(messages[i]->tag);
            count(*messages[i], result_of(outcomes[i]));
        }
        note_advances(steps, outcomes);
        consumer_.acknowledge(done);
        if (std::ranges::find(outcomes, step_outcome::advanced) != outcomes.end())
            options_.on_outbox_written();
        if (std::ranges::find(outcomes, step_outcome::scheduled) != outcomes.end()) timer_bell_.notify();
        for (std::size_t i = 0; i < messages.size(); ++i) {
            if (const auto* reason = find_rejection(outcomes[i])) co_await burials_.add(*messages[i], reason);
        }
    }

    /// Repeated requests for one step share its outcome; the transition is counted once.
    void note_advances(const std::vector<ports::step_request>& steps,
                       const std::vector<step_outcome>& outcomes) {
        std::vector<std::pair<domain::uuid, std::int32_t>> seen;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (outcomes[i] != step_outcome::advanced) continue;
            seen.emplace_back(steps[i].order_id, steps[i].version);
        }
        std::ranges::sort(seen);
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (outcomes[i] != step_outcome::advanced) continue;
            const auto [first, last] =
                std::ranges::equal_range(seen, std::pair(steps[i].order_id, steps[i].version));
            if (first == last) continue;
            seen.erase(first, last);
            note_advance(steps[i].order_id, steps[i].from, steps[i].to, steps[i].traceparent);
        }
    }

    void note_advance(const domain::uuid& order_id, domain::status from, domain::status to,
                      std::string_view traceparent) {
        around_.metrics.order_advanced(from, to);
        if (const auto made_at = order_id.made_at()) {
            around_.metrics.order_reached(to, around_.clock.now() - *made_at);
        }
        if (!around_.logger.is_enabled(ports::log_level::debug)) return;
        around_.logger.debug("order advanced", {{"order_id", order_id.to_string()},
                                                {"trace_id", trace_id_of(traceparent)},
                                                {"from", to_string(from)},
                                                {"to", to_string(to)}});
    }

    void give_back(messages_view messages) {
        std::vector<ports::delivery_tag> tags;
        for (const auto* message : messages) tags.push_back(message->tag);
        consumer_.give_back(tags);
    }

    void note_outage(const ports::store_error& failure) {
        around_.logger.warn("store is away: the worker pauses and keeps its messages",
                            {{"error", std::string_view(failure.what())}});
    }

    /// What only this worker's way to the store has, others need not have: they get its messages. Messages
    /// tell nothing of the store while they are with others; timers do.
    void stand_aside(const ports::store_error& failure) {
        is_standing_aside_ = true;
        consumer_.pause();
        around_.logger.warn("store is still away: the worker leaves its messages to others until it is back",
                            {{"error", std::string_view(failure.what())}});
    }

    void note_answer() {
        last_answer_ = around_.clock.monotonic();
        if (!std::exchange(is_standing_aside_, false)) return;
        consumer_.resume();
        around_.logger.info("store is back: the worker takes messages again");
    }

    void count(const inbound_message& message, message_result result) {
        std::chrono::microseconds lag{0};
        if (message.content) lag = std::max(lag, around_.clock.now() - message.content->event.recorded_at);
        around_.metrics.message_handled(result, lag);
    }

    ports::step_request make_request(const inbound_message& message, const domain::step& step) {
        const auto& event = message.content->event;
        return {.order_id = event.order_id,
                .version = event.version,
                .from = step.from,
                .to = step.to,
                .delay = options_.durations.of(step.waits_for),
                .event_id = ids_.next(around_.clock.now()),
                .traceparent = message.content->traceparent};
    }

    awaitable<void> take_timers() {
        backoff pauses(outage_pause, random_());
        while (!is_stopping_) {
            auto pause = options_.timer_poll;
            try {
                const auto result = co_await take_due_timers();
                note_answer();
                pauses.reset();
                if (result.taken == options_.batch_max) continue;
                if (result.next_due) pause = std::min<ports::duration>(*result.next_due, pause);
            } catch (const ports::store_error& error) {
                around_.logger.warn("timers cannot be taken", {{"error", std::string_view(error.what())}});
                pause = pauses.next();
            }
            if (!is_stopping_) co_await timer_bell_.wait(pause);
            // Under load the bell rings with every batch; the timers of several are better taken together.
            if (!is_stopping_) co_await around_.clock.make_timer(around_.where)->wait(timer_spacing);
        }
    }

    awaitable<ports::due_result> take_due_timers() {
        const auto left_out = refused_orders();
        std::optional<ports::store_error> refusal;
        ports::due_result result;
        try {
            result = co_await caller_.call(store_operation::take_due_timers,
                                           around_.clock.monotonic() + store_call_timeout,
                                           [&] { return try_due_timers(left_out); });
        } catch (const ports::store_error& error) {
            if (error.fault() != ports::store_fault::bad_data) throw;
            refusal = error;
        }
        if (refusal) {
            if (!co_await isolate_timer(left_out)) throw ports::store_error(*refusal);
            result.next_due = std::chrono::milliseconds(0);
            co_return result;
        }
        if (result.taken > 0) around_.metrics.store_batch(result.taken);
        for (const auto& step : result.advanced) {
            note_advance(step.event.order_id, step.from, step.event.status, step.traceparent);
        }
        if (!result.advanced.empty()) options_.on_outbox_written();
        co_return result;
    }

    /// Each attempt has ids of its own: where the answer to one was lost, the next one takes other timers.
    awaitable<ports::due_result> try_due_timers(const std::vector<domain::uuid>& left_out) {
        std::vector<domain::uuid> event_ids;
        for (std::size_t i = 0; i < options_.batch_max; ++i)
            event_ids.push_back(ids_.next(around_.clock.now()));
        co_return co_await store_.take_due_timers(event_ids, left_out);
    }

    /// One of the due timers has data that the store refuses: takes their steps one by one, and leaves that
    /// timer out for a while, so that it holds up no other. False where none was found. The timers of the
    /// steps that were taken are removed by the next call.
    awaitable<bool> isolate_timer(const std::vector<domain::uuid>& left_out) {
        const auto due = co_await caller_.call(
            store_operation::take_due_timers, around_.clock.monotonic() + store_call_timeout,
            [&] { return store_.due_timers(options_.batch_max, left_out); });
        bool is_found = false;
        for (const auto& timer : due) {
            if (is_stopping_ || refused_until_.size() >= refused_timers_max) break;
            if (co_await take_timer(timer)) continue;
            is_found = true;
            refused_until_[timer.order_id] = around_.clock.monotonic() + refused_timer_pause;
            around_.logger.error(
                "the store refuses an order's step, which is left out for a minute",
                {{"order_id", timer.order_id.to_string()}, {"trace_id", trace_id_of(timer.traceparent)}});
        }
        co_return is_found;
    }

    /// False where the store refuses its data.
    awaitable<bool> take_timer(const ports::due_timer& timer) {
        const auto next = domain::next_step(timer.status);
        if (!next) co_return true;
        const std::vector steps{ports::step_request{.order_id = timer.order_id,
                                                    .version = timer.version,
                                                    .from = next->from,
                                                    .to = next->to,
                                                    .event_id = ids_.next(around_.clock.now()),
                                                    .traceparent = timer.traceparent}};
        try {
            const auto outcomes = co_await caller_.call(store_operation::take_steps,
                                                        around_.clock.monotonic() + store_call_timeout,
                                                        [&] { return store_.take_steps(steps); });
            note_advances(steps, outcomes);
            if (outcomes.at(0) == step_outcome::advanced) options_.on_outbox_written();
        } catch (const ports::store_error& error) {
            if (error.fault() != ports::store_fault::bad_data) throw;
            co_return false;
        }
        co_return true;
    }

    /// Whose timers the store has refused within the last minute.
    std::vector<domain::uuid> refused_orders() {
        const auto now = around_.clock.monotonic();
        std::erase_if(refused_until_, [now](const auto& each) { return each.second <= now; });
        std::vector<domain::uuid> orders;
        for (const auto& [order_id, until] : refused_until_) orders.push_back(order_id);
        return orders;
    }

    surroundings around_;
    ports::workflow_store& store_;
    ports::consumer& consumer_;
    worker_options options_;
    store_caller caller_;
    std::mt19937_64 random_;
    domain::uuid_generator ids_;
    group tasks_;
    wakeup timer_bell_;
    wakeup stop_bell_;
    burials burials_;
    std::map<domain::uuid, ports::instant> refused_until_;
    ports::instant last_answer_{};
    bool is_standing_aside_ = false;
    bool is_stopping_ = false;
};

worker::worker(surroundings around, ports::workflow_store& store, ports::consumer& consumer,
               worker_options options)
    : implementation_(
          std::make_unique<implementation>(std::move(around), store, consumer, std::move(options))) {}

worker::~worker() = default;

awaitable<void> worker::run() { return implementation_->run(); }

void worker::stop() { implementation_->stop(); }

}  // namespace delivery::core
