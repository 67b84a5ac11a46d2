#include "core/store_caller.hpp"

#include "core/backoff.hpp"
#include "unit/core/core_test.hpp"

namespace delivery::tests {
namespace {

using ports::store_fault;
using ports::store_operation;
using namespace std::chrono_literals;

/// Calls that fail with these faults, one after another, and then answer 7. Each takes 10 ms.
class store_caller_test : public core_test {
protected:
    awaitable<int> attempt() {
        ++attempts;
        co_await clock.make_timer(context.get_executor())->wait(10ms);
        if (faults.empty()) co_return 7;
        const auto fault = faults.front();
        if (faults.size() > 1 || !is_last_repeated) faults.erase(faults.begin());
        throw ports::store_error(fault, "as told");
    }

    std::shared_ptr<eventual<int>> call(ports::duration patience = 1h) {
        caller.emplace(around(),
                       core::store_caller::limits{.attempts = 4, .pause = {.first = 100ms, .most = 1s}});
        return start(caller->call(store_operation::settle, clock.monotonic() + patience,
                                  [this] { return attempt(); }));
    }

    std::vector<store_fault> faults;
    bool is_last_repeated = false;
    int attempts = 0;
    std::optional<core::store_caller> caller;
};

TEST_F(store_caller_test, measures_a_call_that_answers) {
    const auto result = call();
    run_for(10ms);
    EXPECT_EQ(result->get(), 7);
    EXPECT_EQ(metrics.calls[store_operation::settle], 1U);
    EXPECT_EQ(metrics.last_duration, 10ms);
    EXPECT_EQ(metrics.retries, 0U);
}

TEST_F(store_caller_test, tries_again_what_is_worth_it) {
    faults = {store_fault::unavailable, store_fault::conflict, store_fault::outcome_unknown};
    const auto result = call();
    run_for(5s);
    EXPECT_EQ(result->get(), 7);
    EXPECT_EQ(attempts, 4);
    EXPECT_EQ(metrics.calls[store_operation::settle], 4U) << "every attempt is measured";
    EXPECT_EQ(metrics.retries, 3U);
    EXPECT_EQ(log.count("store call is tried again"), 3U);
}

struct failing_case {
    const char* name;
    std::vector<store_fault> faults;
    int attempts;
    store_fault reported;
};

class failing_call : public store_caller_test, public testing::WithParamInterface<failing_case> {};

TEST_P(failing_call, is_reported_for_what_it_is) {
    faults = GetParam().faults;
    is_last_repeated = true;
    const auto result = call();
    run_for(10s);
    EXPECT_EQ(fault_of(result->failure), GetParam().reported);
    EXPECT_EQ(attempts, GetParam().attempts);
    EXPECT_EQ(metrics.retries, static_cast<std::size_t>(attempts - 1));
}

INSTANTIATE_TEST_SUITE_P(
    store_caller, failing_call,
    testing::Values(failing_case{"away", {store_fault::unavailable}, 4, store_fault::unavailable},
                    failing_case{"conflict", {store_fault::conflict}, 4, store_fault::conflict},
                    failing_case{"unknown", {store_fault::outcome_unknown}, 4, store_fault::outcome_unknown},
                    failing_case{"bad_data", {store_fault::bad_data}, 1, store_fault::bad_data},
                    failing_case{"broken", {store_fault::broken}, 1, store_fault::broken},
                    failing_case{"once_unknown_then_away",
                                 {store_fault::outcome_unknown, store_fault::unavailable},
                                 4,
                                 store_fault::outcome_unknown},
                    failing_case{
                        "away_then_unknown_then_conflict",
                        {store_fault::unavailable, store_fault::outcome_unknown, store_fault::conflict},
                        4,
                        store_fault::outcome_unknown},
                    failing_case{"unknown_then_refused_for_its_data",
                                 {store_fault::outcome_unknown, store_fault::bad_data},
                                 2,
                                 store_fault::bad_data}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(store_caller_test, begins_no_attempt_after_the_deadline) {
    faults = {store_fault::unavailable};
    is_last_repeated = true;
    const auto result = call(150ms);
    run_for(10s);
    EXPECT_EQ(fault_of(result->failure), store_fault::unavailable);
    EXPECT_LE(attempts, 2);
    EXPECT_GE(attempts, 1);
}

TEST_F(store_caller_test, makes_one_attempt_even_when_it_is_too_late) {
    const auto result = call(-1s);
    run_for(10ms);
    EXPECT_EQ(result->get(), 7);
}

TEST_F(store_caller_test, lets_other_exceptions_through) {
    caller.emplace(around());
    const auto result =
        start(caller->call(store_operation::find, clock.monotonic() + 1h, []() -> awaitable<int> {
            throw std::logic_error("a bug");
            co_return 1;
        }));
    poll();
    EXPECT_THROW(result->get(), std::logic_error);
}

TEST(backoff_test, doubles_up_to_its_most_and_draws_from_the_upper_half) {
    core::backoff pauses({.first = 10ms, .most = 50ms}, 1);
    for (const auto span : {10ms, 20ms, 40ms, 50ms, 50ms}) {
        const auto pause = pauses.next();
        EXPECT_GE(pause, span / 2);
        EXPECT_LE(pause, span);
    }
    pauses.reset();
    EXPECT_LE(pauses.next(), 10ms);
}

TEST(backoff_test, those_who_fail_together_do_not_come_back_together) {
    std::set<ports::duration> pauses;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        pauses.insert(core::backoff({.first = 10ms, .most = 1s}, seed * 0x9e3779b97f4a7c15ULL).next());
    }
    EXPECT_GT(pauses.size(), 15U);
    EXPECT_GT(*pauses.rbegin() - *pauses.begin(), 2ms);
}

}  // namespace
}  // namespace delivery::tests
