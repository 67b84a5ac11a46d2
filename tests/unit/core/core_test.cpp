#include "unit/core/core_test.hpp"

#include <array>

#include <boost/asio/this_coro.hpp>

#include "ports/store_error.hpp"

namespace delivery::tests {

void call_script::fail(const std::string& call, ports::store_fault fault, bool takes_effect) {
    failures_[call].push_back({.fault = fault, .takes_effect = takes_effect});
}

std::size_t call_script::count(const std::string& call) const {
    const auto found = counts_.find(call);
    return found == counts_.end() ? 0 : found->second;
}

effect_carrier call_script::carrier() {
    return [this](std::string_view call, std::function<void()> effect) {
        return carry(std::string(call), std::move(effect));
    };
}

awaitable<void> call_script::carry(std::string call, std::function<void()> effect) {
    ++counts_[call];
    co_await wait_while(held_, call);
    if (const auto broken = broken_.find(call); broken != broken_.end()) {
        throw ports::store_error(broken->second, call + " is broken");
    }
    auto& queued = failures_[call];
    if (queued.empty()) {
        effect();
        co_await wait_while(held_answers_, call);
        co_return;
    }
    const auto next = queued.front();
    queued.erase(queued.begin());
    if (next.takes_effect) effect();
    throw ports::store_error(next.fault, call + " fails");
}

awaitable<void> call_script::wait_while(const std::set<std::string>& held, const std::string& call) {
    const executor where = co_await boost::asio::this_coro::executor;
    while (held.contains(call)) co_await clock_.make_timer(where)->wait(std::chrono::milliseconds(1));
}

core::surroundings core_test::around() {
    return {.where = context.get_executor(),
            .clock = clock,
            .logger = log,
            .metrics = metrics,
            .draw_seed = [this] { return ++last_seed; }};
}

std::shared_ptr<bool> core_test::start(awaitable<void> work) {
    auto has_ended = std::make_shared<bool>(false);
    core::spawn(context.get_executor(), std::move(work), [has_ended] { *has_ended = true; });
    return has_ended;
}

void core_test::poll() {
    context.restart();
    while (context.poll() > 0) context.restart();
}

void core_test::run_for(ports::duration length) {
    const auto end = time.monotonic() + length;
    poll();
    while (!time.is_over() && time.next() <= end) {
        time.step();
        poll();
    }
    time.after(end - time.monotonic(), [] {});
    time.step();
}

void core_test::pass_until(const std::function<bool()>& condition) {
    const auto give_up_at = time.monotonic() + std::chrono::hours(1);
    poll();
    while (!condition() && !time.is_over() && time.monotonic() < give_up_at) {
        time.step();
        poll();
    }
    if (!condition()) throw std::runtime_error("what was waited for does not come");
}

ports::new_order core_test::make_order() {
    return {.id = new_id(),
            .event_id = new_id(),
            .customer_name = "Ana Souza",
            .address = "Rua das Flores, 123",
            .traceparent = some_traceparent,
            .idempotency = std::nullopt};
}

domain::order core_test::create_order() {
    const std::array orders{make_order()};
    return database.create(orders, database.reserve_sequences(1)).at(0).order;
}

ports::event_message core_test::message_about(const domain::uuid& id, std::int32_t version) {
    const auto& stored = database.events.at(id).at(version);
    return {.event = stored.event, .traceparent = stored.traceparent};
}

std::optional<ports::store_fault> fault_of(const std::exception_ptr& failure) {
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const ports::store_error& error) {
        return error.fault();
    } catch (...) {
        return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace delivery::tests
