#include <algorithm>
#include <array>
#include <set>

#include "contract/store_contract.hpp"
#include "domain/flow.hpp"

namespace delivery::tests {
namespace {

using domain::status;
using ports::step_outcome;
using namespace std::chrono_literals;

TEST_P(store_contract, a_step_changes_the_order_and_writes_event_and_outbox_row) {
    const auto before = create(make_order());
    settle(pending());
    const auto step = make_step(before);
    EXPECT_EQ(take(step), step_outcome::advanced);

    const auto after = find(before.id).value();
    EXPECT_EQ(after.status, status::in_transit);
    EXPECT_EQ(after.version, 2);
    EXPECT_EQ(after.created_at, before.created_at);
    EXPECT_GE(after.updated_at, before.updated_at);
    const domain::order_event event{.id = step.event_id,
                                    .order_id = before.id,
                                    .version = 2,
                                    .status = status::in_transit,
                                    .recorded_at = after.updated_at};
    EXPECT_EQ(history(before.id).back(), event);
    const auto rows = pending();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].event, event);
    EXPECT_EQ(rows[0].traceparent, step.traceparent);
}

TEST_P(store_contract, each_step_of_a_batch_is_judged_by_itself) {
    auto orders = create_orders(4);
    orders[1] = advance(orders[1]);
    std::vector<ports::step_request> steps;
    for (const auto& order : orders) steps.push_back(make_step(order));
    steps[1].version = 1;
    steps[1].from = status::received;
    steps[2].version = 2;
    steps[3].from = status::in_transit;
    steps[3].to = status::delivered;
    auto missing = make_step(orders[0]);
    missing.order_id = new_id();
    steps.push_back(missing);
    auto missing_timer = missing;
    missing_timer.order_id = new_id();
    missing_timer.delay = 1s;
    steps.push_back(missing_timer);
    settle(pending());

    EXPECT_EQ(run(store().take_steps(steps)),
              (std::vector{step_outcome::advanced, step_outcome::stale, step_outcome::ahead,
                           step_outcome::contradicted, step_outcome::missing, step_outcome::missing}));
    EXPECT_EQ(find(orders[0].id)->version, 2);
    for (const auto i : {1U, 2U, 3U}) EXPECT_EQ(find(orders[i].id), orders[i]);
    EXPECT_EQ(pending().size(), 1U);
}

TEST_P(store_contract, repeated_requests_are_one_step) {
    const auto order = create(make_order());
    settle(pending());
    auto first = make_step(order);
    auto second = make_step(order);
    const std::array steps{first, second, first};
    EXPECT_EQ(run(store().take_steps(steps)),
              (std::vector{step_outcome::advanced, step_outcome::advanced, step_outcome::advanced}));
    EXPECT_EQ(history(order.id).size(), 2U);
    EXPECT_EQ(pending().size(), 1U);
    EXPECT_EQ(take(second), step_outcome::stale);
    EXPECT_EQ(history(order.id).size(), 2U);
}

TEST_P(store_contract, a_step_tried_again_after_its_answer_was_lost_is_known_as_its_own) {
    const auto order = create(make_order());
    const auto step = make_step(order);
    EXPECT_EQ(take(step), step_outcome::advanced);
    settle(pending());
    EXPECT_EQ(take(step), step_outcome::advanced);
    EXPECT_EQ(take(make_step(order)), step_outcome::stale) << "another one's";
    EXPECT_EQ(history(order.id).size(), 2U);
    EXPECT_TRUE(pending().empty());
    advance(find(order.id).value());
    EXPECT_EQ(take(step), step_outcome::advanced) << "however far the order has come since";
}

TEST_P(store_contract, an_orders_time_never_goes_back) {
    const auto order = create(make_order());
    const auto future = order.created_at + 1h;
    database().execute("UPDATE orders SET updated_at = " + database().literal(future) +
                       " WHERE id = " + database().literal(order.id));
    EXPECT_EQ(advance(order).updated_at, future);
    EXPECT_EQ(history(order.id).back().recorded_at, future);
}

TEST_P(store_contract, a_delayed_step_is_stored_as_a_timer_and_taken_when_due) {
    const auto order = create(make_order());
    settle(pending());
    const auto step = make_step(order, 300ms);
    EXPECT_EQ(take(step), step_outcome::scheduled);
    EXPECT_EQ(take(step), step_outcome::scheduled);
    EXPECT_EQ(find(order.id), order);
    EXPECT_TRUE(pending().empty());

    auto due = take_due();
    EXPECT_EQ(due.taken, 0U);
    ASSERT_TRUE(due.next_due);
    EXPECT_GT(*due.next_due, 0ms);
    EXPECT_LE(*due.next_due, 300ms);
    ASSERT_TRUE(eventually([&] { return (due = take_due()).taken > 0; }));

    EXPECT_EQ(due.taken, 1U);
    EXPECT_FALSE(due.next_due);
    ASSERT_EQ(due.advanced.size(), 1U);
    EXPECT_EQ(due.advanced[0].from, status::received);
    EXPECT_EQ(due.advanced[0].traceparent, step.traceparent);
    const auto after = find(order.id).value();
    EXPECT_EQ(after.status, status::in_transit);
    EXPECT_GE(after.updated_at, order.created_at + 300ms);
    EXPECT_EQ(history(order.id).back(), due.advanced[0].event);
    const auto rows = pending();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].event, due.advanced[0].event);
    EXPECT_EQ(rows[0].traceparent, step.traceparent);
    EXPECT_EQ(take_due().taken, 0U);
}

TEST_P(store_contract, a_timer_whose_order_moved_on_is_removed) {
    const auto order = create(make_order());
    EXPECT_EQ(take(make_step(order, 1ms)), step_outcome::scheduled);
    const auto advanced = advance(order);
    ports::due_result due;
    ASSERT_TRUE(eventually([&] { return (due = take_due()).taken == 1; }));
    EXPECT_TRUE(due.advanced.empty());
    EXPECT_FALSE(due.next_due);
    EXPECT_EQ(find(order.id), advanced);
}

TEST_P(store_contract, a_newer_timer_replaces_an_older_one) {
    const auto order = create(make_order());
    EXPECT_EQ(take(make_step(order, 1h)), step_outcome::scheduled);
    const auto advanced = advance(order);
    EXPECT_EQ(take(make_step(advanced, 1ms)), step_outcome::scheduled);
    EXPECT_EQ(take(make_step(order, 1h)), step_outcome::stale);
    ports::due_result due;
    ASSERT_TRUE(eventually([&] { return (due = take_due()).taken == 1; }));
    EXPECT_EQ(find(order.id)->status, status::delivered);
}

TEST_P(store_contract, timers_are_taken_by_due_time_up_to_a_limit) {
    const auto orders = create_orders(5);
    for (const auto& order : orders) EXPECT_EQ(take(make_step(order, 1ms)), step_outcome::scheduled);
    EXPECT_EQ(take(make_step(create(make_order()), 1h)), step_outcome::scheduled);
    std::size_t taken = 0;
    ASSERT_TRUE(eventually([&] {
        const auto due = take_due(2);
        EXPECT_LE(due.taken, 2U);
        EXPECT_TRUE(due.next_due);
        taken += due.taken;
        return taken == 5;
    }));
    for (const auto& order : orders) EXPECT_EQ(find(order.id)->version, 2);
    EXPECT_GT(take_due().next_due.value(), 50min);
}

TEST_P(store_contract, a_timer_whose_data_is_refused_is_found_and_left_out) {
    const auto orders = create_orders(3);
    for (const auto& order : orders) EXPECT_EQ(take(make_step(order, 1ms)), step_outcome::scheduled);
    const auto& bad = orders[0];
    database().execute("UPDATE order_events SET version = 2 WHERE order_id = " + database().literal(bad.id));
    std::vector<ports::due_timer> due;
    ASSERT_TRUE(eventually([&] { return (due = run(store().due_timers(10, {}))).size() == 3; }));
    EXPECT_EQ(fault_of([&] { take_due(); }), ports::store_fault::bad_data);
    for (const auto& order : orders) EXPECT_EQ(find(order.id), order) << "none is taken";

    const auto& first = due.front();
    EXPECT_EQ(first.order_id, bad.id);
    EXPECT_EQ(first.version, 1);
    EXPECT_EQ(first.status, status::received);
    EXPECT_EQ(first.traceparent, make_step(bad).traceparent);
    EXPECT_EQ(fault_of([&] { take(make_step(bad)); }), ports::store_fault::bad_data);
    EXPECT_EQ(take(make_step(orders[1])), step_outcome::advanced);

    const std::vector left_out{bad.id};
    EXPECT_EQ(run(store().due_timers(1, left_out)).at(0).order_id, orders[2].id) << "the second moved on";
    const auto taken = take_due(1, left_out);
    EXPECT_EQ(taken.taken, 1U);
    EXPECT_TRUE(taken.next_due);
    const auto rest = take_due(10, left_out);
    EXPECT_EQ(rest.taken, 1U);
    EXPECT_FALSE(rest.next_due) << "what is left out is not waited for";
    EXPECT_EQ(find(orders[2].id)->version, 2);
    EXPECT_EQ(run(store().due_timers(10, {})).size(), 1U);
}

TEST_P(store_contract, workers_taking_the_same_steps_in_any_sequence_never_collide) {
    if (!database().is_shared()) GTEST_SKIP() << "one process at a time";
    auto orders = create_orders(100);
    std::vector<std::unique_ptr<ports::store>> stores;
    for (int i = 0; i < 4; ++i) stores.push_back(open_another());
    std::size_t advanced = 0;
    for (int version = 1; version <= 2; ++version) {
        std::vector<std::vector<ports::step_request>> batches(stores.size());
        std::vector<std::future<std::vector<step_outcome>>> calls;
        for (std::size_t i = 0; i < stores.size(); ++i) {
            for (const auto& order : orders) batches[i].push_back(make_step(order));
            if (i % 2 == 1) std::ranges::reverse(batches[i]);
            calls.push_back(start(stores[i]->take_steps(batches[i])));
        }
        for (auto& call : calls) {
            for (const auto outcome : finish(call)) {
                EXPECT_TRUE(outcome == step_outcome::advanced || outcome == step_outcome::stale);
                if (outcome == step_outcome::advanced) ++advanced;
            }
        }
        for (auto& order : orders) order = find(order.id).value();
    }
    EXPECT_EQ(advanced, 200U);
    EXPECT_EQ(pending().size(), 300U);
    for (const auto& order : orders) EXPECT_EQ(order.status, status::delivered);
    for (auto& each : stores) run(each->close());
}

TEST_P(store_contract, due_timers_and_steps_of_the_same_orders_never_collide) {
    auto orders = create_orders(60);
    std::vector<std::unique_ptr<ports::store>> stores;
    for (int i = 0; i < (database().is_shared() ? 4 : 0); ++i) stores.push_back(open_another());
    const auto at = [&](std::size_t i) -> ports::store& { return stores.empty() ? store() : *stores[i]; };
    for (int version = 1; version <= 2; ++version) {
        std::vector<ports::step_request> delayed;
        std::vector<ports::step_request> immediate;
        for (const auto& order : orders) delayed.push_back(make_step(order, 1ms));
        for (const auto& order : orders) immediate.push_back(make_step(order));
        std::ranges::reverse(immediate);
        std::vector<domain::uuid> first_ids;
        std::vector<domain::uuid> second_ids;
        for (std::size_t i = 0; i < orders.size(); ++i) first_ids.push_back(new_id());
        for (std::size_t i = 0; i < orders.size(); ++i) second_ids.push_back(new_id());
        run(store().take_steps(delayed));
        auto scheduling = start(at(0).take_steps(delayed));
        auto first = start(at(1).take_due_timers(first_ids, {}));
        auto second = start(at(2).take_due_timers(second_ids, {}));
        auto steps = start(at(3).take_steps(immediate));
        finish(scheduling);
        finish(first);
        finish(second);
        finish(steps);
        for (auto& order : orders) order = find(order.id).value();
        for (const auto& order : orders) EXPECT_EQ(order.version, version + 1);
    }
    EXPECT_TRUE(eventually([&] { return take_due().next_due == std::nullopt; }));
    for (const auto& order : orders) EXPECT_EQ(history(order.id).size(), 3U);
    EXPECT_EQ(pending().size(), orders.size() * 3);
    for (auto& each : stores) run(each->close());
}

TEST_P(store_contract, dead_letters_are_kept_once) {
    const std::vector<ports::dead_letter> letters{
        {.id = new_id(), .body = std::string("not \0 JSON \xff", 12), .reason = "body is not JSON"},
        {.id = new_id(), .body = "", .reason = "unknown status"}};
    run(store().add_dead_letters(letters));
    run(store().add_dead_letters(letters));
}

}  // namespace
}  // namespace delivery::tests
