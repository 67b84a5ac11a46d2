#pragma once

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "core/spawn.hpp"
#include "core/store_caller.hpp"
#include "ports/bus.hpp"
#include "support/fakes.hpp"
#include "support/memory_store.hpp"
#include "support/simulated_time.hpp"

namespace delivery::tests {

/// Counts what it is told.
class counting_metrics final : public ports::metrics {
public:
    void order_created() noexcept override { ++created; }
    void order_advanced(domain::status from, domain::status to) noexcept override { ++advanced[{from, to}]; }
    void order_reached(domain::status status, std::chrono::microseconds age) noexcept override {
        ages[status].push_back(age);
    }
    void published(std::size_t count) noexcept override { events_published += count; }
    void publish_failed(std::size_t count) noexcept override { publish_failures += count; }
    void outbox_depth(std::int64_t pending, std::chrono::microseconds oldest_age) noexcept override {
        depth = {.pending = pending, .oldest_age = oldest_age};
    }
    void message_handled(ports::message_result result, std::chrono::microseconds lag) noexcept override {
        ++handled[result];
        last_lag = lag;
    }
    void dead_lettered() noexcept override { ++dead_letters; }
    void store_batch(std::size_t size) noexcept override { batches.push_back(size); }
    void store_called(ports::store_operation operation, std::chrono::nanoseconds took) noexcept override {
        ++calls[operation];
        last_duration = took;
    }
    void store_retried() noexcept override { ++retries; }
    void audited(const std::optional<ports::audit_result>& result) noexcept override { audit = result; }

    std::size_t created = 0;
    std::map<std::pair<domain::status, domain::status>, std::size_t> advanced;
    std::map<domain::status, std::vector<std::chrono::microseconds>> ages;
    std::size_t events_published = 0;
    std::size_t publish_failures = 0;
    std::optional<ports::outbox_depth> depth;
    std::map<ports::message_result, std::size_t> handled;
    std::chrono::microseconds last_lag{0};
    std::size_t dead_letters = 0;
    std::vector<std::size_t> batches;
    std::map<ports::store_operation, std::size_t> calls;
    std::chrono::nanoseconds last_duration{0};
    std::size_t retries = 0;
    std::optional<ports::audit_result> audit;
};

/// What a coroutine that was started comes to.
template <typename T>
struct eventual {
    std::optional<T> value;
    std::exception_ptr failure;

    [[nodiscard]] bool is_done() const { return value.has_value() || failure; }
    T get() {
        if (failure) std::rethrow_exception(failure);
        return std::move(value).value();
    }
};

/// A store whose calls fail or wait as they are told, by the name of the store's function.
class call_script {
public:
    explicit call_script(ports::clock& clock) : clock_(clock) {}

    /// The next call fails, before or after it has taken effect. Several queue up.
    void fail(const std::string& call, ports::store_fault fault, bool takes_effect = false);
    /// Every call fails, until `heal`.
    void fail_always(const std::string& call, ports::store_fault fault) { broken_[call] = fault; }
    void heal(const std::string& call) { broken_.erase(call); }
    /// Calls wait, before they take effect, until `release`.
    void hold(const std::string& call) { held_.insert(call); }
    /// Calls take effect and wait with their answer, until `release`.
    void hold_answer(const std::string& call) { held_answers_.insert(call); }
    void release(const std::string& call) {
        held_.erase(call);
        held_answers_.erase(call);
    }

    [[nodiscard]] std::size_t count(const std::string& call) const;
    effect_carrier carrier();

private:
    struct failure {
        ports::store_fault fault;
        bool takes_effect;
    };

    awaitable<void> carry(std::string call, std::function<void()> effect);
    awaitable<void> wait_while(const std::set<std::string>& held, const std::string& call);

    ports::clock& clock_;
    std::map<std::string, std::vector<failure>> failures_;
    std::map<std::string, ports::store_fault> broken_;
    std::set<std::string> held_;
    std::set<std::string> held_answers_;
    std::map<std::string, std::size_t> counts_;
};

/// The core on virtual time with a database in memory. What is started runs in `poll` and `run_for`.
class core_test : public testing::Test {
protected:
    ~core_test() override { clock.abandon(); }

    core::surroundings around();

    template <typename T>
    std::shared_ptr<eventual<T>> start(awaitable<T> work) {
        auto result = std::make_shared<eventual<T>>();
        core::spawn(context.get_executor(), follow(result, std::move(work)));
        return result;
    }
    /// Answers whether it has ended.
    std::shared_ptr<bool> start(awaitable<void> work);

    /// Does all that can be done now.
    void poll();
    /// Lets time pass, and does what falls due meanwhile.
    void run_for(ports::duration length);

    /// Lets time pass, but for an hour at most, until the work is done.
    template <typename T>
    T run(awaitable<T> work) {
        const auto result = start(std::move(work));
        pass_until([&] { return result->is_done(); });
        return result->get();
    }
    void pass_until(const std::function<bool()>& condition);

    domain::uuid new_id() { return ids.next(time.wall()); }
    ports::new_order make_order();
    /// Stores an order, with its event and outbox row.
    domain::order create_order();
    domain::order stored(const domain::uuid& id) { return database.orders.at(id).order; }
    /// The message about an order's event.
    ports::event_message message_about(const domain::uuid& id, std::int32_t version = 1);

    simulated_time time;
    simulated_clock clock{time};
    boost::asio::io_context context{1};
    recording_logger log;
    counting_metrics metrics;
    domain::uuid_generator ids{1};
    std::uint64_t last_seed = 0;
    memory_database database{[this] { return time.wall(); }};
    call_script script{clock};
    std::unique_ptr<ports::store> store = make_memory_store(database, script.carrier());

private:
    template <typename T>
    static awaitable<void> follow(std::shared_ptr<eventual<T>> result, awaitable<T> work) {
        try {
            result->value.emplace(co_await std::move(work));
        } catch (...) {
            result->failure = std::current_exception();
        }
    }
};

/// The fault of the store error that it throws; fails where it throws none.
std::optional<ports::store_fault> fault_of(const std::exception_ptr& failure);

inline constexpr const char* some_traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

}  // namespace delivery::tests
