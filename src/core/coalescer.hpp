#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/spawn.hpp"
#include "ports/clock.hpp"
#include "ports/store_error.hpp"

namespace delivery::core {

/// Why a request came back from a coalescer without a result.
enum class refusal {
    queue_full,         ///< Never left the queue: nothing was done.
    expired_in_queue,   ///< Never left the queue: nothing was done.
    expired_in_flight,  ///< The batch it went with has not answered yet: done or not, nobody knows.
};

struct coalescer_limits {
    std::size_t queue_max = 4096;
    std::size_t batch_max = 256;
    /// Batches that may be in flight at the same time.
    std::size_t flights_max = 1;
    /// Once the oldest has waited this long, newcomers would wait longer still, and are refused: but only
    /// while `crowd` wait already, so that a slow moment alone turns nobody away.
    ports::duration wait_max = std::chrono::milliseconds(250);
    std::size_t crowd = 256;
};

/// Turns requests that arrive one by one into batches (group commit). While one batch is in flight, whatever
/// arrives queues up and goes as the next one: idle, it adds no delay; under load, hundreds share a
/// transaction. With batches of one, it is a queue before a bounded number of calls. After a `bad_data`
/// failure the batch's requests run one by one, so that only the bad one fails; any other failure fails them
/// all with its exception. Used and resumed on one executor only; it must outlive its requests.
template <typename Request, typename Result>
class coalescer {
public:
    /// Serves a batch: a result for each request, in their order.
    using server = std::function<awaitable<std::vector<Result>>(std::span<const Request>)>;

    coalescer(executor where, ports::clock& clock, coalescer_limits limits, server serve)
        : where_(std::move(where)), clock_(clock), limits_(limits), serve_(std::move(serve)) {}

    /// Answers with the request's result, a refusal, or by throwing what its batch threw.
    awaitable<std::expected<Result, refusal>> submit(Request request, ports::instant deadline) {
        const auto now = clock_.monotonic();
        if (is_full(now)) drop_abandoned();
        if (is_full(now)) co_return std::unexpected(refusal::queue_full);
        const auto entry =
            std::make_shared<item>(std::move(request), now, deadline, clock_.make_timer(where_));
        queue_.push_back(entry);
        if (flights_ < limits_.flights_max) take_off();
        if (!entry->is_done()) co_await entry->done->wait(deadline - clock_.monotonic());
        entry->is_waiting = false;
        if (entry->failure) std::rethrow_exception(entry->failure);
        if (!entry->result) {
            co_return std::unexpected(entry->has_left ? refusal::expired_in_flight
                                                      : refusal::expired_in_queue);
        }
        co_return std::move(*entry->result);
    }

    /// Whether nothing is queued or in flight. A flight outlives requests whose deadline has passed.
    [[nodiscard]] bool is_idle() const { return flights_ == 0; }

private:
    struct item {
        item(Request r, ports::instant a, ports::instant d, std::unique_ptr<ports::timer> t)
            : request(std::move(r)), arrived(a), deadline(d), done(std::move(t)) {}

        [[nodiscard]] bool is_done() const { return result.has_value() || failure; }

        Request request;
        ports::instant arrived;
        ports::instant deadline;
        std::unique_ptr<ports::timer> done;
        std::optional<Result> result;
        std::exception_ptr failure;
        bool has_left = false;
        bool is_waiting = true;
    };
    using batch = std::vector<std::shared_ptr<item>>;

    [[nodiscard]] bool is_full(ports::instant now) const {
        if (queue_.size() >= limits_.queue_max) return true;
        return queue_.size() >= std::max<std::size_t>(limits_.crowd, 1) &&
               now - queue_.front()->arrived > limits_.wait_max;
    }

    /// Requests that were given up while the flight lasts hold no place. With one deadline for all, which is
    /// how they come, the oldest are the first to be given up.
    void drop_abandoned() {
        while (!queue_.empty() && !queue_.front()->is_waiting) queue_.pop_front();
    }

    void take_off() {
        ++flights_;
        spawn(where_, fly());
    }

    awaitable<void> fly() {
        for (auto next = take_batch(); !next.empty(); next = take_batch()) {
            co_await serve_batch(next);
        }
        --flights_;
    }

    /// Takes the next requests off the queue, leaving out those that nobody waits for any more.
    batch take_batch() {
        batch taken;
        const auto now = clock_.monotonic();
        while (!queue_.empty() && taken.size() < limits_.batch_max) {
            auto entry = std::move(queue_.front());
            queue_.pop_front();
            if (!entry->is_waiting || entry->deadline <= now) continue;
            entry->has_left = true;
            taken.push_back(std::move(entry));
        }
        return taken;
    }

    awaitable<void> serve_batch(const batch& items) {
        std::vector<Request> requests;
        requests.reserve(items.size());
        for (const auto& entry : items) requests.push_back(std::move(entry->request));

        std::exception_ptr failure;
        bool is_bad_data = false;
        try {
            settle(items, co_await serve_(requests));
        } catch (const ports::store_error& error) {
            is_bad_data = error.fault() == ports::store_fault::bad_data && items.size() > 1;
            failure = std::current_exception();
        } catch (...) {
            failure = std::current_exception();
        }
        if (is_bad_data) {
            co_await serve_one_by_one(items, requests);
        } else if (failure) {
            for (const auto& entry : items) fail(*entry, failure);
        }
    }

    /// Finds those whose data the store refuses. Any other failure of the store fails those not yet tried as
    /// well, and what nobody waits for any more is left out: one by one, they would hold up all that come
    /// after them.
    awaitable<void> serve_one_by_one(const batch& items, std::span<const Request> requests) {
        std::exception_ptr outage;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (!items[i]->is_waiting) continue;
            if (outage) {
                fail(*items[i], outage);
            } else {
                outage = co_await serve_alone(*items[i], requests.subspan(i, 1));
            }
        }
    }

    /// Answers what those not yet tried fail with, if anything.
    awaitable<std::exception_ptr> serve_alone(item& entry, std::span<const Request> request) {
        try {
            auto results = co_await serve_(request);
            complete(entry, std::move(results.at(0)));
        } catch (const ports::store_error& error) {
            fail(entry, std::current_exception());
            if (error.fault() != ports::store_fault::bad_data) co_return untried_because_of(error);
        } catch (...) {
            fail(entry, std::current_exception());
        }
        co_return nullptr;
    }

    static std::exception_ptr untried_because_of(const ports::store_error& error) {
        return std::make_exception_ptr(ports::store_error(ports::store_fault::unavailable, error.what()));
    }

    static void settle(const batch& items, std::vector<Result> results) {
        for (std::size_t i = 0; i < items.size(); ++i) complete(*items[i], std::move(results.at(i)));
    }

    static void complete(item& entry, Result result) {
        entry.result.emplace(std::move(result));
        entry.done->cancel();
    }

    static void fail(item& entry, std::exception_ptr failure) {
        entry.failure = std::move(failure);
        entry.done->cancel();
    }

    executor where_;
    ports::clock& clock_;
    coalescer_limits limits_;
    server serve_;
    std::deque<std::shared_ptr<item>> queue_;
    std::size_t flights_ = 0;
};

}  // namespace delivery::core
