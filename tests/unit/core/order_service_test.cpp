#include "core/coalesced_order_service.hpp"

#include "unit/core/core_test.hpp"

namespace delivery::tests {
namespace {

using ports::create_outcome;
using ports::store_fault;
using ports::store_operation;
using namespace std::chrono_literals;

class order_service_test : public core_test {
protected:
    void SetUp() override { make({}); }

    void make(core::order_service_options options) {
        options.on_outbox_written = [this] { ++writes_told; };
        service = core::make_order_service(around(), *store, options);
    }

    static core::order_draft draft(std::optional<ports::idempotency_key> key = {}) {
        return {.customer_name = "Ana Souza",
                .address = "Rua das Flores, 123",
                .traceparent = some_traceparent,
                .idempotency = std::move(key)};
    }

    auto create() { return start(service->create(draft())); }

    std::unique_ptr<core::order_service> service;
    int writes_told = 0;
};

TEST_F(order_service_test, an_order_is_answered_once_it_is_stored) {
    script.hold("create");
    const auto asked = create();
    run_for(1s);
    EXPECT_FALSE(asked->is_done());
    script.release("create");
    run_for(10ms);
    const auto created = asked->get().value();
    EXPECT_EQ(created.outcome, create_outcome::created);
    EXPECT_EQ(stored(created.order.id), created.order);
    EXPECT_EQ(database.events.at(created.order.id).at(1).traceparent, some_traceparent);
    EXPECT_EQ(writes_told, 1);
    EXPECT_EQ(metrics.created, 1U);
    EXPECT_EQ(metrics.calls[store_operation::create], 1U);
}

TEST_F(order_service_test, many_orders_share_a_transaction_and_keep_their_sequence) {
    std::vector<std::shared_ptr<eventual<core::served<ports::create_result>>>> asked;
    script.hold("create");
    for (int i = 0; i < 100; ++i) asked.push_back(create());
    poll();
    script.release("create");
    run_for(10ms);
    std::vector<domain::uuid> created;
    for (const auto& each : asked) created.push_back(each->get()->order.id);
    EXPECT_TRUE(std::ranges::is_sorted(created));
    EXPECT_THAT(metrics.batches, testing::ElementsAre(1, 99));
    EXPECT_EQ(metrics.created, 100U);
}

TEST_F(order_service_test, one_id_goes_through_all_attempts) {
    script.fail("create", store_fault::outcome_unknown, true);
    script.fail("create", store_fault::unavailable);
    script.fail("create", store_fault::conflict);
    const auto created = run(service->create(draft())).value();
    EXPECT_EQ(created.outcome, create_outcome::created);
    EXPECT_EQ(database.orders.size(), 1U);
    EXPECT_EQ(database.outbox.size(), 1U);
    EXPECT_TRUE(database.orders.contains(created.order.id));
    EXPECT_EQ(metrics.retries, 3U);
    EXPECT_EQ(metrics.created, 1U);
}

TEST_F(order_service_test, a_store_that_is_away_is_told_as_unavailable_within_the_deadline) {
    script.fail_always("create", store_fault::unavailable);
    const auto begun = time.monotonic();
    const auto refused = run(service->create(draft()));
    ASSERT_FALSE(refused);
    EXPECT_FALSE(refused.error().unknown_order);
    EXPECT_LE(time.monotonic() - begun, 5s);
    EXPECT_TRUE(database.orders.empty());
    EXPECT_EQ(log.count("store call failed"), 1U);
}

TEST_F(order_service_test, where_the_outcome_is_unknown_the_orders_id_is_told) {
    script.fail("create", store_fault::outcome_unknown, true);
    for (int i = 0; i < 20; ++i) script.fail("create", store_fault::unavailable);
    const auto refused = run(service->create(draft()));
    ASSERT_FALSE(refused);
    ASSERT_TRUE(refused.error().unknown_order);
    EXPECT_TRUE(database.orders.contains(*refused.error().unknown_order));
}

TEST_F(order_service_test,
       behind_a_key_the_attempts_id_is_told_and_another_attempt_answers_which_order_it_is) {
    const ports::idempotency_key key{.key = "key", .fingerprint = {1}};
    const auto first = run(service->create(draft(key))).value();
    script.fail_always("create", store_fault::outcome_unknown);
    const auto refused = run(service->create(draft(key)));
    ASSERT_FALSE(refused);
    ASSERT_TRUE(refused.error().unknown_order);
    EXPECT_NE(*refused.error().unknown_order, first.order.id);
    script.heal("create");
    EXPECT_EQ(run(service->create(draft(key)))->order, first.order);
}

TEST_F(order_service_test, a_deadline_in_flight_leaves_the_outcome_unknown_and_one_in_the_queue_does_not) {
    script.hold_answer("create");
    const auto in_flight = create();
    poll();
    const auto in_queue = create();
    run_for(5s);
    const auto unknown = in_flight->get();
    EXPECT_TRUE(database.orders.contains(unknown.error().unknown_order.value()));
    const auto refused = in_queue->get();
    EXPECT_FALSE(refused.error().unknown_order);
    script.release("create");
    run_for(1s);
    EXPECT_EQ(database.orders.size(), 1U);
}

class draining : public order_service_test, public testing::WithParamInterface<const char*> {
protected:
    void ask() {
        const std::string call = GetParam();
        if (call == "create") start(service->create(draft()));
        if (call == "find") start(service->find(new_id()));
        if (call == "history") start(service->history(new_id()));
        if (call == "list") start(service->list({}));
    }
};

TEST_P(draining, waits_for_calls_that_their_clients_gave_up) {
    script.hold(GetParam());
    ask();
    run_for(6s);
    const auto drained = start(service->drain());
    run_for(1min);
    EXPECT_FALSE(*drained) << "the store still has what the service gave it";
    script.release(GetParam());
    run_for(1s);
    EXPECT_TRUE(*drained);
}

INSTANTIATE_TEST_SUITE_P(order_service, draining, testing::Values("create", "find", "history", "list"));

TEST_F(order_service_test, idle_it_is_drained_at_once) {
    const auto drained = start(service->drain());
    poll();
    EXPECT_TRUE(*drained);
}

TEST_F(order_service_test, beyond_its_queue_it_refuses_at_once) {
    make({.queue_max = 2});
    script.hold("create");
    std::vector<std::shared_ptr<eventual<core::served<ports::create_result>>>> asked;
    for (int i = 0; i < 4; ++i) {
        asked.push_back(create());
        poll();
    }
    ASSERT_TRUE(asked[3]->is_done());
    EXPECT_FALSE(asked[3]->get().error().unknown_order);
    script.release("create");
    run_for(1s);
    EXPECT_EQ(database.orders.size(), 3U);
}

TEST_F(order_service_test, a_bug_is_an_exception) {
    for (const auto fault : {store_fault::broken, store_fault::bad_data}) {
        script.fail_always("create", fault);
        const auto asked = create();
        run_for(1s);
        EXPECT_EQ(fault_of(asked->failure), fault);
    }
}

TEST_F(order_service_test, text_that_the_store_refuses_fails_its_own_order_alone) {
    const auto first = create();
    auto bad_draft = draft();
    bad_draft.address = "\xff";
    const auto bad = start(service->create(bad_draft));
    const auto good = create();
    run_for(1s);
    EXPECT_TRUE(first->get());
    EXPECT_EQ(fault_of(bad->failure), store_fault::bad_data);
    EXPECT_TRUE(good->get());
    EXPECT_EQ(database.orders.size(), 2U);
}

TEST_F(order_service_test, a_key_used_again_is_answered_with_its_first_order) {
    ports::idempotency_key key{.key = "key", .fingerprint = {1}};
    const auto first = run(service->create(draft(key))).value();
    const auto again = run(service->create(draft(key))).value();
    EXPECT_EQ(again.outcome, create_outcome::replayed);
    EXPECT_EQ(again.order, first.order);
    key.fingerprint = {2};
    EXPECT_EQ(run(service->create(draft(key)))->outcome, create_outcome::key_reused);
    EXPECT_EQ(metrics.created, 1U);
}

TEST_F(order_service_test, reads_answer_and_are_batched) {
    const auto id = create_order().id;
    const auto unknown = new_id();
    EXPECT_EQ(run(service->find(id)).value(), stored(id));
    EXPECT_EQ(run(service->find(unknown)).value(), std::nullopt);
    EXPECT_EQ(run(service->history(id)).value()->size(), 1U);
    EXPECT_EQ(run(service->history(unknown)).value(), std::nullopt);
    EXPECT_EQ(run(service->list({.status = {}, .after = {}, .limit = 10}))->size(), 1U);
    const auto before = script.count("find");
    std::vector<std::shared_ptr<eventual<core::served<std::optional<domain::order>>>>> asked;
    script.hold("find");
    for (int i = 0; i < 50; ++i) asked.push_back(start(service->find(id)));
    poll();
    script.release("find");
    run_for(2ms);
    for (const auto& each : asked) EXPECT_TRUE(each->is_done());
    EXPECT_EQ(script.count("find"), before + 2);
}

class failing_read : public order_service_test, public testing::WithParamInterface<const char*> {
protected:
    bool is_refused() {
        const std::string call = GetParam();
        const auto id = new_id();
        if (call == "find") return is_plain(run(service->find(id)));
        if (call == "history") return is_plain(run(service->history(id)));
        return is_plain(run(service->list({})));
    }
    template <typename T>
    static bool is_plain(const core::served<T>& answer) {
        return !answer && !answer.error().unknown_order;
    }
};

TEST_P(failing_read, is_unavailable_and_nothing_more) {
    script.fail_always(GetParam(), store_fault::unavailable);
    EXPECT_TRUE(is_refused());
    script.heal(GetParam());
    script.hold(GetParam());
    const auto begun = time.monotonic();
    EXPECT_TRUE(is_refused());
    EXPECT_EQ(time.monotonic() - begun, 5s) << "however long the store takes";
    script.release(GetParam());
    run_for(1s);
    EXPECT_FALSE(is_refused());
}

INSTANTIATE_TEST_SUITE_P(order_service, failing_read, testing::Values("find", "history", "list"));

TEST_F(order_service_test, failing_lists_do_not_use_up_the_bound) {
    make({.queue_max = 2});
    for (const auto fault : {store_fault::broken, store_fault::bad_data, store_fault::broken}) {
        script.fail("list", fault);
        const auto asked = start(service->list({}));
        run_for(1s);
        EXPECT_EQ(fault_of(asked->failure), fault);
    }
    EXPECT_TRUE(run(service->list({})));
}

TEST_F(order_service_test, few_lists_are_under_way_at_once_and_the_others_wait_for_them) {
    make({.queue_max = 2});
    script.hold("list");
    std::vector<std::shared_ptr<eventual<core::served<std::vector<domain::order>>>>> asked;
    for (int i = 0; i < 6; ++i) {
        asked.push_back(start(service->list({})));
        poll();
    }
    EXPECT_EQ(script.count("list"), 3U);
    ASSERT_TRUE(asked[5]->is_done());
    EXPECT_FALSE(asked[5]->get());
    script.release("list");
    run_for(10ms);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(asked[i]->get());
}

TEST_F(order_service_test, lists_behind_a_crowd_that_has_waited_too_long_are_refused_at_once) {
    script.hold("list");
    std::vector<std::shared_ptr<eventual<core::served<std::vector<domain::order>>>>> asked;
    for (int i = 0; i < 300; ++i) asked.push_back(start(service->list({})));
    run_for(300ms);
    const auto late = start(service->list({}));
    poll();
    ASSERT_TRUE(late->is_done());
    EXPECT_FALSE(late->get());
    run_for(5s);
    EXPECT_EQ(script.count("list"), 3U) << "the others are given up, and not begun";
    script.release("list");
    run_for(1s);
    EXPECT_EQ(script.count("list"), 3U);
    EXPECT_TRUE(run(service->list({})));
}

}  // namespace
}  // namespace delivery::tests
