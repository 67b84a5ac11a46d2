#include "core/coalescer.hpp"

#include <numeric>

#include "unit/core/core_test.hpp"

namespace delivery::tests {
namespace {

using core::refusal;
using ports::store_fault;
using namespace std::chrono_literals;

constexpr int poison = 13;

/// Doubles numbers, one batch a second, or as told.
class coalescer_test : public core_test {
protected:
    using coalescer = core::coalescer<int, int>;
    using answer = std::expected<int, refusal>;

    awaitable<std::vector<int>> serve(std::span<const int> batch) {
        batches.emplace_back(batch.begin(), batch.end());
        co_await clock.make_timer(context.get_executor())->wait(duration_of_batch);
        if (std::ranges::find(batch, poison) != batch.end()) throw ports::store_error(fault, "poisoned");
        std::vector<int> doubles;
        for (const int number : batch) doubles.push_back(2 * number);
        if (is_short) doubles.pop_back();
        co_return doubles;
    }

    std::shared_ptr<eventual<answer>> submit(int number, ports::duration patience = 1min) {
        auto result = start(numbers->submit(number, clock.monotonic() + patience));
        poll();
        return result;
    }

    void limit(core::coalescer_limits limits) {
        numbers.emplace(context.get_executor(), clock, limits,
                        [this](std::span<const int> batch) { return serve(batch); });
    }

    void limit(std::size_t queue_max, std::size_t batch_max) {
        limit({.queue_max = queue_max, .batch_max = batch_max});
    }

    void SetUp() override { limit(100, 100); }

    std::vector<std::vector<int>> batches;
    ports::duration duration_of_batch = 1s;
    store_fault fault = store_fault::bad_data;
    bool is_short = false;
    std::optional<coalescer> numbers;
};

TEST_F(coalescer_test, alone_a_request_leaves_at_once) {
    const auto one = submit(1);
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{1}}));
    EXPECT_FALSE(one->is_done());
    run_for(1s);
    EXPECT_EQ(one->get(), 2);
    const auto two = submit(2);
    run_for(1s);
    EXPECT_EQ(two->get(), 4);
    EXPECT_EQ(batches.size(), 2U);
}

TEST_F(coalescer_test, what_arrives_in_flight_goes_together_as_the_next_batch) {
    std::vector<std::shared_ptr<eventual<answer>>> asked;
    for (int i = 0; i < 6; ++i) asked.push_back(submit(i));
    run_for(1s);
    EXPECT_TRUE(asked[0]->is_done());
    EXPECT_FALSE(asked[1]->is_done());
    run_for(1s);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(asked[static_cast<std::size_t>(i)]->get(), 2 * i);
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{0}, {1, 2, 3, 4, 5}}));
}

TEST_F(coalescer_test, a_batch_has_a_bound) {
    limit(100, 2);
    std::vector<std::shared_ptr<eventual<answer>>> asked;
    for (int i = 0; i < 6; ++i) asked.push_back(submit(i));
    run_for(4s);
    for (const auto& each : asked) EXPECT_TRUE(each->is_done());
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{0}, {1, 2}, {3, 4}, {5}}));
}

TEST_F(coalescer_test, beyond_its_bound_the_queue_refuses_at_once) {
    limit(2, 100);
    std::vector<std::shared_ptr<eventual<answer>>> asked;
    for (int i = 0; i < 4; ++i) asked.push_back(submit(i));
    EXPECT_EQ(asked[3]->get().error(), refusal::queue_full);
    run_for(2s);
    EXPECT_EQ(asked[2]->get(), 4);
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{0}, {1, 2}}));
}

TEST_F(coalescer_test, behind_a_crowd_that_has_waited_too_long_the_queue_refuses_at_once) {
    limit({.queue_max = 100, .batch_max = 1, .wait_max = 1500ms, .crowd = 3});
    std::vector<std::shared_ptr<eventual<answer>>> asked;
    for (int i = 0; i < 5; ++i) asked.push_back(submit(i));
    run_for(1s);
    asked.push_back(submit(5));  // Behind 2, 3 and 4, which have waited for a second.
    run_for(999ms);
    EXPECT_EQ(submit(6)->get().error(), refusal::queue_full) << "2 has waited for nearly two";
    run_for(2s);
    const auto behind_few = submit(7);
    EXPECT_FALSE(behind_few->is_done()) << "two alone are no crowd, however long they have waited";
    run_for(4s);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(asked[static_cast<std::size_t>(i)]->get(), 2 * i);
    EXPECT_EQ(behind_few->get(), 14);
}

TEST_F(coalescer_test, requests_that_were_given_up_hold_no_place_in_the_queue) {
    limit(2, 100);
    duration_of_batch = 10s;
    submit(1, 1s);
    const std::vector given_up{submit(2, 1s), submit(3, 2s)};
    run_for(1s);
    EXPECT_EQ(given_up[0]->get().error(), refusal::expired_in_queue);
    const auto patient = submit(4);
    EXPECT_FALSE(patient->is_done());
    EXPECT_EQ(submit(5)->get().error(), refusal::queue_full) << "3 still waits";
    run_for(20s);
    EXPECT_EQ(patient->get(), 8);
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{1}, {4}}));
}

TEST_F(coalescer_test, a_deadline_in_the_queue_is_told_from_one_in_flight) {
    const auto in_flight = submit(1, 500ms);
    const auto in_queue = submit(2, 500ms);
    const auto patient = submit(3);
    run_for(500ms);
    EXPECT_EQ(in_flight->get().error(), refusal::expired_in_flight);
    EXPECT_EQ(in_queue->get().error(), refusal::expired_in_queue);
    run_for(2s);
    EXPECT_EQ(patient->get(), 6);
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{1}, {3}})) << "nobody waits for the second";
}

TEST_F(coalescer_test, what_is_too_late_already_is_not_done) {
    const auto late = submit(1, 0s);
    run_for(1s);
    EXPECT_EQ(late->get().error(), refusal::expired_in_queue);
    EXPECT_TRUE(batches.empty());
    const auto next = submit(2);
    run_for(1s);
    EXPECT_EQ(next->get(), 4);
}

TEST_F(coalescer_test, an_outage_among_single_requests_fails_the_rest_untried) {
    const auto first = submit(0);
    std::vector<std::shared_ptr<eventual<answer>>> asked;
    for (const int number : {1, poison, 2, 3}) asked.push_back(submit(number));
    run_for(2500ms);
    fault = store_fault::outcome_unknown;
    run_for(1500ms);
    EXPECT_EQ(asked[0]->get(), 2);
    EXPECT_EQ(fault_of(asked[1]->failure), store_fault::outcome_unknown);
    EXPECT_EQ(fault_of(asked[2]->failure), store_fault::unavailable);
    EXPECT_EQ(fault_of(asked[3]->failure), store_fault::unavailable);
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{0}, {1, poison, 2, 3}, {1}, {poison}}));
}

TEST_F(coalescer_test, single_requests_that_were_given_up_are_left_out) {
    const auto first = submit(0);
    const auto bad = submit(poison);
    const auto impatient = submit(1, 2500ms);
    const auto patient = submit(2);
    run_for(4s);
    EXPECT_EQ(fault_of(bad->failure), store_fault::bad_data);
    EXPECT_EQ(impatient->get().error(), refusal::expired_in_flight);
    EXPECT_EQ(patient->get(), 4);
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{0}, {poison, 1, 2}, {poison}, {2}}));
}

TEST_F(coalescer_test, bad_data_fails_its_own_request_alone) {
    const auto first = submit(0);
    const auto good = submit(1);
    const auto bad = submit(poison);
    const auto also_good = submit(2);
    run_for(5s);
    EXPECT_EQ(first->get(), 0);
    EXPECT_EQ(good->get(), 2);
    EXPECT_EQ(fault_of(bad->failure), store_fault::bad_data);
    EXPECT_EQ(also_good->get(), 4);
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{0}, {1, poison, 2}, {1}, {poison}, {2}}));
}

TEST_F(coalescer_test, a_bad_request_alone_is_not_tried_again) {
    const auto bad = submit(poison);
    run_for(3s);
    EXPECT_EQ(fault_of(bad->failure), store_fault::bad_data);
    EXPECT_EQ(batches.size(), 1U);
}

TEST_F(coalescer_test, any_other_failure_fails_the_whole_batch_and_the_next_goes_on) {
    for (const auto each : {store_fault::unavailable, store_fault::outcome_unknown, store_fault::broken}) {
        fault = each;
        batches.clear();
        const auto first = submit(0);
        const auto bad = submit(poison);
        const auto beside = submit(1);
        run_for(1s);
        const auto after = submit(2);
        run_for(2s);
        EXPECT_EQ(first->get(), 0);
        EXPECT_EQ(fault_of(bad->failure), each);
        EXPECT_EQ(fault_of(beside->failure), each);
        EXPECT_EQ(after->get(), 4);
        EXPECT_EQ(batches, (std::vector<std::vector<int>>{{0}, {poison, 1}, {2}}));
    }
}

TEST_F(coalescer_test, an_answer_too_few_is_a_bug_that_fails_the_batch) {
    is_short = true;
    const auto asked = submit(1);
    run_for(1s);
    EXPECT_THROW(static_cast<void>(asked->get()), std::out_of_range);
    is_short = false;
    const auto next = submit(2);
    run_for(1s);
    EXPECT_EQ(next->get(), 4);
}

/// A queue before a bounded number of calls.
class several_flights : public coalescer_test {
protected:
    void SetUp() override { limit({.queue_max = 100, .batch_max = 1, .flights_max = 2}); }
};

TEST_F(several_flights, are_under_way_at_the_same_time_and_no_more_than_may_be) {
    std::vector<std::shared_ptr<eventual<answer>>> asked;
    for (int i = 0; i < 5; ++i) asked.push_back(submit(i));
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{0}, {1}}));
    run_for(1s);
    EXPECT_TRUE(asked[0]->is_done() && asked[1]->is_done());
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{0}, {1}, {2}, {3}}));
    run_for(2s);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(asked[static_cast<std::size_t>(i)]->get(), 2 * i);
    EXPECT_TRUE(numbers->is_idle());
}

TEST_F(several_flights, one_that_lasts_holds_up_no_other) {
    duration_of_batch = 1min;
    const auto slow = submit(0);
    duration_of_batch = 1s;
    std::vector<std::shared_ptr<eventual<answer>>> asked;
    for (int i = 1; i < 4; ++i) asked.push_back(submit(i));
    run_for(3s);
    EXPECT_FALSE(slow->is_done());
    for (const auto& each : asked) EXPECT_TRUE(each->is_done());
    EXPECT_FALSE(numbers->is_idle());
}

TEST_F(several_flights, a_failure_is_its_own_requests_alone) {
    const auto bad = submit(poison);
    const auto good = submit(1);
    const auto next = submit(2);
    run_for(2s);
    EXPECT_EQ(fault_of(bad->failure), store_fault::bad_data);
    EXPECT_EQ(good->get(), 2);
    EXPECT_EQ(next->get(), 4);
}

TEST_F(several_flights, what_was_given_up_holds_no_place_and_is_not_begun) {
    limit({.queue_max = 2, .batch_max = 1, .flights_max = 2});
    duration_of_batch = 10s;
    for (int i = 0; i < 4; ++i) submit(i, 1s);
    EXPECT_EQ(submit(4)->get().error(), refusal::queue_full);
    run_for(1s);
    const auto patient = submit(5);
    run_for(20s);
    EXPECT_EQ(patient->get(), 10);
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{0}, {1}, {5}}));
}

TEST_F(coalescer_test, an_answer_at_once_is_not_waited_for) {
    duration_of_batch = 0s;
    for (int i = 0; i < 3; ++i) {
        const auto asked = submit(i);
        run_for(1ns);
        EXPECT_EQ(asked->get(), 2 * i);
    }
}

}  // namespace
}  // namespace delivery::tests
