#include <array>

#include "unit/core/worker_fixture.hpp"

namespace delivery::tests {
namespace {

using domain::status;
using ports::message_result;
using ports::store_fault;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

TEST_F(worker_test, takes_an_order_along_and_acknowledges_after_the_commit) {
    const auto id = create_order().id;
    start_worker();
    script.hold_answer("take_steps");
    const auto tag = deliver(id);
    run_for(1s);
    EXPECT_THAT(consumer.acknowledged, IsEmpty());
    script.release("take_steps");
    run_for(10ms);
    EXPECT_THAT(consumer.acknowledged, ElementsAre(tag));
    EXPECT_EQ(stored(id).status, status::in_transit);
    EXPECT_EQ(writes_told, 1);
    EXPECT_EQ(metrics.handled[message_result::advanced], 1U);
    EXPECT_EQ((metrics.advanced[{status::received, status::in_transit}]), 1U);
    EXPECT_GE(metrics.last_lag, 1s);

    deliver(id, 2);
    run_for(10ms);
    EXPECT_EQ(stored(id).status, status::delivered);
    EXPECT_EQ(database.events.at(id).at(3).traceparent, some_traceparent);
}

TEST_F(worker_test, a_step_that_is_due_later_becomes_a_timer_and_is_taken_when_due) {
    const auto id = create_order().id;
    start_worker({.durations = {.picking = 700ms, .transit = 1h}});
    const auto tag = deliver(id);
    run_for(1ms);
    EXPECT_THAT(consumer.acknowledged, ElementsAre(tag)) << "never held as an unacknowledged message";
    EXPECT_EQ(metrics.handled[message_result::scheduled], 1U);
    EXPECT_EQ(writes_told, 0);
    run_for(690ms);
    EXPECT_EQ(stored(id).version, 1);
    run_for(30ms);
    EXPECT_EQ(stored(id).status, status::in_transit);
    EXPECT_TRUE(database.timers.empty());
    EXPECT_EQ(writes_told, 1);
    EXPECT_EQ((metrics.advanced[{status::received, status::in_transit}]), 1U);
    ASSERT_EQ(metrics.ages[status::in_transit].size(), 1U);
    EXPECT_THAT(metrics.ages[status::in_transit].front(),
                testing::AllOf(testing::Ge(700ms), testing::Le(721ms)));
}

TEST_F(worker_test, takes_all_timers_that_are_due_batch_by_batch) {
    for (int i = 0; i < 5; ++i) {
        database.timers[create_order().id] = {.version = 1, .due_at = time.wall(), .traceparent = {}};
    }
    start_worker({.durations = {}, .batch_max = 2});
    EXPECT_TRUE(database.timers.empty());
    EXPECT_EQ(script.count("take_due_timers"), 3U);
    EXPECT_EQ(writes_told, 3);
}

TEST_F(worker_test, two_orders_never_share_an_event_id_although_an_answer_was_lost) {
    std::vector<domain::uuid> orders;
    for (int i = 0; i < 4; ++i) {
        orders.push_back(create_order().id);
        database.timers[orders.back()] = {.version = 1, .due_at = time.wall(), .traceparent = {}};
    }
    script.fail("take_due_timers", store_fault::outcome_unknown, true);
    start_worker({.durations = {}, .batch_max = 2});
    run_for(5s);
    std::set<domain::uuid> seen;
    for (const auto& id : orders) {
        ASSERT_EQ(stored(id).version, 2);
        EXPECT_TRUE(seen.insert(database.events.at(id).at(2).event.id).second) << id.to_string();
    }
}

TEST_F(worker_test, goes_on_with_timers_after_an_outage) {
    script.fail_always("take_due_timers", store_fault::broken);
    const auto id = create_order().id;
    database.timers[id] = {.version = 1, .due_at = time.wall(), .traceparent = {}};
    start_worker();
    run_for(10s);
    EXPECT_LT(script.count("take_due_timers"), 30U) << "the pauses grow";
    EXPECT_GT(log.count("timers cannot be taken"), 3U);
    script.heal("take_due_timers");
    run_for(2s);
    EXPECT_EQ(stored(id).version, 2);
}

TEST_F(worker_test, one_timer_that_the_store_refuses_holds_up_no_other) {
    const auto bad = create_order().id;
    database.refused_orders.insert(bad);
    std::vector<domain::uuid> good;
    for (int i = 0; i < 5; ++i) good.push_back(create_order().id);
    database.timers[bad] = {.version = 1, .due_at = time.wall() - 1s, .traceparent = some_traceparent};
    for (const auto& id : good) {
        database.timers[id] = {.version = 1, .due_at = time.wall(), .traceparent = some_traceparent};
    }
    start_worker({.durations = {}, .batch_max = 3});
    run_for(1s);
    for (const auto& id : good) EXPECT_EQ(stored(id).version, 2);
    EXPECT_EQ(database.timers.size(), 1U) << "the bad one is kept";
    EXPECT_EQ(stored(bad).version, 1);
    EXPECT_EQ((metrics.advanced[{status::received, status::in_transit}]), 5U);
    EXPECT_EQ(log.count("the store refuses an order's step, which is left out for a minute"), 1U);
    EXPECT_EQ(log.count("timers cannot be taken"), 0U);

    database.refused_orders.clear();
    run_for(1min);
    EXPECT_EQ(stored(bad).version, 2) << "it is tried again";
    EXPECT_TRUE(database.timers.empty());
}

class outage : public worker_test, public testing::WithParamInterface<store_fault> {};

TEST_P(outage, of_the_store_dead_letters_nothing_and_loses_nothing) {
    script.fail_always("take_steps", GetParam());
    const auto first = create_order().id;
    const auto second = create_order().id;
    start_worker();
    deliver(first);
    run_for(1s);
    deliver(second);
    run_for(60s);
    EXPECT_THAT(consumer.acknowledged, IsEmpty());
    EXPECT_THAT(consumer.dead_letters, IsEmpty());
    EXPECT_THAT(consumer.given_back, IsEmpty());
    EXPECT_GT(log.count("store is away: the worker pauses and keeps its messages"), 1U);
    script.heal("take_steps");
    run_for(2s);
    EXPECT_THAT(consumer.acknowledged, UnorderedElementsAre(1, 2));
    EXPECT_EQ(stored(first).version, 2);
    EXPECT_EQ(stored(second).version, 2);
}

INSTANTIATE_TEST_SUITE_P(worker, outage,
                         testing::Values(store_fault::unavailable, store_fault::conflict,
                                         store_fault::outcome_unknown, store_fault::broken));

TEST_F(worker_test, cut_off_from_the_store_it_leaves_its_messages_to_others_until_it_is_back) {
    cut_off_from_store();
    start_worker({.durations = {}, .batch_max = 2});
    for (int i = 0; i < 3; ++i) deliver(create_order().id);
    run_for(9s);
    EXPECT_THAT(consumer.given_back, IsEmpty()) << "a store is away for a moment now and then";
    run_for(7s);
    EXPECT_THAT(consumer.given_back, UnorderedElementsAre(1, 2, 3)) << "those that wait behind a batch, too";
    EXPECT_THAT(consumer.dead_letters, IsEmpty());
    EXPECT_EQ(log.count("store is still away: the worker leaves its messages to others until it is back"),
              1U);

    const auto attempts = script.count("take_steps");
    const auto id = create_order().id;
    deliver(id);
    run_for(1min);
    EXPECT_EQ(script.count("take_steps"), attempts);
    reconnect_to_store();
    run_for(2s);
    EXPECT_THAT(consumer.acknowledged, ElementsAre(4));
    EXPECT_EQ(stored(id).version, 2);
    EXPECT_EQ(log.count("store is back: the worker takes messages again"), 1U);
}

TEST_F(worker_test, stopped_while_it_leaves_its_messages_to_others_it_ends) {
    cut_off_from_store();
    start_worker();
    deliver(create_order().id);
    run_for(20s);
    EXPECT_THAT(consumer.given_back, ElementsAre(1));
    worker->stop();
    run_for(6s);
    EXPECT_TRUE(*ended);
}

TEST_F(worker_test, a_commit_whose_answer_was_lost_is_one_step) {
    const auto id = create_order().id;
    start_worker();
    script.fail("take_steps", store_fault::outcome_unknown, true);
    const auto tag = deliver(id);
    run_for(1s);
    EXPECT_THAT(consumer.acknowledged, ElementsAre(tag));
    EXPECT_EQ(stored(id).version, 2);
    EXPECT_EQ(metrics.handled[message_result::advanced], 1U) << "it is known as its own";
    EXPECT_EQ(metrics.handled[message_result::stale], 0U);
    EXPECT_EQ((metrics.advanced[{status::received, status::in_transit}]), 1U);
}

TEST_F(worker_test, data_that_the_store_refuses_is_found_and_buried_alone) {
    const auto good = create_order().id;
    const auto bad = create_order().id;
    const auto also_good = create_order().id;
    database.refused_orders.insert(bad);
    for (const auto& id : {good, bad, also_good}) deliver(id);
    start_worker();
    run_for(1s);
    EXPECT_THAT(consumer.acknowledged, UnorderedElementsAre(1, 3));
    EXPECT_THAT(consumer.dead_letters, ElementsAre(Pair(2, "the store refuses its data")));
    EXPECT_EQ(stored(good).version, 2);
    EXPECT_EQ(stored(bad).version, 1);
    EXPECT_EQ(stored(also_good).version, 2);
    EXPECT_EQ(metrics.dead_letters, 1U);
    EXPECT_EQ(metrics.handled[message_result::dead_lettered], 1U);
}

TEST_F(worker_test, what_comes_again_is_handled_alone_and_named_first) {
    std::vector<domain::uuid> orders;
    for (int i = 0; i < 4; ++i) orders.push_back(create_order().id);
    deliver(orders[0]);
    deliver(orders[1], 1, true);
    deliver(orders[2]);
    deliver(orders[3], 1, true);
    start_worker();
    run_for(10ms);
    EXPECT_THAT(metrics.batches, ElementsAre(1, 1, 2));
    EXPECT_EQ(consumer.acknowledged.size(), 4U);
    const auto lines = log.lines();
    const auto named = std::ranges::find(lines, "message was delivered before and is handled alone",
                                         &recording_logger::line::message);
    ASSERT_NE(named, lines.end());
    EXPECT_EQ(named->fields.at("order_id"), orders[1].to_string());
    EXPECT_EQ(named->fields.at("trace_id"), "0af7651916cd43dd8448eb211c80319c");
}

struct rejected_case {
    const char* name;
    std::function<void(domain::order_event&)> change;
    const char* reason;
};

class rejected : public worker_test, public testing::WithParamInterface<rejected_case> {};

TEST_P(rejected, goes_to_the_dead_letters_with_its_reason) {
    const auto innocent = create_order().id;
    const auto id = create_order().id;
    auto message = message_about(id);
    GetParam().change(message.event);
    deliver(innocent);
    consumer.deliver(message);
    start_worker();
    run_for(1s);
    EXPECT_THAT(consumer.dead_letters, ElementsAre(Pair(2, GetParam().reason)));
    EXPECT_THAT(consumer.acknowledged, ElementsAre(1));
    EXPECT_EQ(stored(id).version, 1);
    EXPECT_EQ(stored(innocent).version, 2);
    EXPECT_EQ(log.count("message can never succeed and is a dead letter now"), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    worker, rejected,
    testing::Values(
        rejected_case{"ahead", [](auto& event) { event.version = 2; }, "message is ahead of its order"},
        rejected_case{"missing", [](auto& event) { event.order_id = domain::uuid(); }, "no such order"},
        rejected_case{"contradicted", [](auto& event) { event.status = status::in_transit; },
                      "message contradicts its order"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(worker_test, what_cannot_be_read_goes_to_the_dead_letters) {
    const auto id = create_order().id;
    consumer.deliver(std::unexpected("body is not JSON"));
    deliver(id);
    start_worker();
    run_for(1s);
    EXPECT_THAT(consumer.dead_letters, ElementsAre(Pair(1, "body is not JSON")));
    EXPECT_THAT(consumer.acknowledged, ElementsAre(2));
}

TEST_F(worker_test, old_news_are_acknowledged_and_change_nothing) {
    const auto id = create_order().id;
    start_worker();
    deliver(id);
    run_for(1ms);
    deliver(id, 2);
    run_for(1ms);
    for (const std::int32_t version : {1, 2, 3}) deliver(id, version);
    run_for(1ms);
    EXPECT_THAT(consumer.acknowledged, UnorderedElementsAre(1, 2, 3, 4, 5));
    EXPECT_EQ(metrics.handled[message_result::stale], 3U);
    EXPECT_EQ(database.events.at(id).size(), 3U);
    EXPECT_THAT(consumer.dead_letters, IsEmpty());
}

TEST_F(worker_test, a_repeat_within_a_batch_is_one_transition) {
    const auto id = create_order().id;
    deliver(id);
    deliver(id);
    start_worker();
    run_for(1ms);
    EXPECT_EQ(consumer.acknowledged.size(), 2U);
    EXPECT_EQ((metrics.advanced[{status::received, status::in_transit}]), 1U);
    EXPECT_EQ(database.events.at(id).size(), 2U);
}

TEST_F(worker_test, a_lag_is_never_below_nothing) {
    const auto id = create_order().id;
    clock.set_skew(-1h);
    start_worker();
    deliver(id);
    run_for(1ms);
    EXPECT_EQ(metrics.last_lag, 0us);
}

TEST_F(worker_test, stopped_it_finishes_the_batch_in_the_works) {
    const auto id = create_order().id;
    start_worker();
    script.hold_answer("take_steps");
    const auto tag = deliver(id);
    run_for(10ms);
    worker->stop();
    run_for(1s);
    EXPECT_FALSE(*ended);
    script.release("take_steps");
    run_for(20ms);
    EXPECT_TRUE(*ended);
    EXPECT_THAT(consumer.acknowledged, ElementsAre(tag));
}

TEST_F(worker_test, stopped_in_an_outage_it_gives_back_what_it_has) {
    script.fail_always("take_steps", store_fault::unavailable);
    std::vector<domain::uuid> orders;
    for (int i = 0; i < 3; ++i) deliver(create_order().id, 1, true);
    for (int i = 0; i < 3; ++i) deliver(create_order().id);
    start_worker();
    run_for(500ms);
    worker->stop();
    run_for(6s);
    EXPECT_TRUE(*ended);
    EXPECT_THAT(consumer.given_back, UnorderedElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(consumer.acknowledged, IsEmpty());
    EXPECT_LE(script.count("take_steps"), 10U) << "what it has not begun it does not begin";
}

TEST_F(worker_test, stopped_while_it_takes_a_batch_apart_it_gives_back_the_rest) {
    for (int i = 0; i < 4; ++i) deliver(create_order().id);
    script.fail("take_steps", store_fault::bad_data);  // The batch, and then the first of it.
    script.fail("take_steps", store_fault::bad_data);
    for (int i = 0; i < 100; ++i) script.fail("take_steps", store_fault::unavailable);
    consumer.dead_letter_failures = 1000;
    start_worker();
    run_for(1s);
    worker->stop();
    run_for(6s);
    EXPECT_TRUE(*ended);
    EXPECT_THAT(consumer.given_back, UnorderedElementsAre(1, 2, 3, 4));
    EXPECT_THAT(consumer.acknowledged, IsEmpty());
}

TEST_F(worker_test, a_stop_at_once_is_a_stop) {
    start_worker();
    worker->stop();
    run_for(200ms);
    EXPECT_TRUE(*ended);
}

}  // namespace
}  // namespace delivery::tests
