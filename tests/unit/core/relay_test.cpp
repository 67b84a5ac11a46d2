#include "unit/core/relay_test.hpp"

namespace delivery::tests {
namespace {

using ports::publish_outcome;
using ports::store_fault;
using namespace std::chrono_literals;

TEST_F(relay_test, publishes_what_is_pending_and_settles_it) {
    std::vector<domain::uuid> created;
    for (int i = 0; i < 20; ++i) created.push_back(create_order().id);
    start_relay();
    run_for(100ms);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_EQ(publisher.wire.size(), 20U);
    for (const auto& id : created) EXPECT_EQ(publisher.count(id), 1U);
    EXPECT_EQ(publisher.messages_seen[0].traceparent, some_traceparent);
    EXPECT_EQ(metrics.events_published, 20U);
    EXPECT_EQ(metrics.publish_failures, 0U);
}

TEST_F(relay_test, an_orders_versions_go_one_after_another_each_once_the_one_before_is_settled) {
    std::vector<domain::uuid> created;
    for (int i = 0; i < 10; ++i) created.push_back(create_order().id);
    for (int version = 2; version <= 3; ++version) {
        for (const auto& id : created) take_step(id);
    }
    publisher.answer = [&](const domain::order_event& event) {
        for (const auto& [sequence, row] : database.outbox) {
            if (row.event.order_id == event.order_id) EXPECT_GE(row.event.version, event.version);
        }
        return publish_outcome::confirmed;
    };
    start_relay({.batch_max = 7});
    run_for(1s);
    EXPECT_TRUE(database.outbox.empty());
    std::map<domain::uuid, std::int32_t> latest;
    for (const auto& event : publisher.wire) EXPECT_EQ(event.version, ++latest[event.order_id]);
    EXPECT_EQ(publisher.wire.size(), 30U);
}

class unpublished : public relay_test, public testing::WithParamInterface<publish_outcome> {};

TEST_P(unpublished, stays_pending_is_counted_and_holds_back_its_order_alone) {
    const auto unlucky = create_order().id;
    const auto lucky = create_order().id;
    take_step(unlucky);
    take_step(lucky);
    publisher.answer = [&](const domain::order_event& event) {
        return event.order_id == unlucky ? GetParam() : publish_outcome::confirmed;
    };
    start_relay();
    run_for(5s);
    EXPECT_TRUE(is_pending(unlucky));
    EXPECT_FALSE(is_pending(lucky));
    EXPECT_GT(metrics.publish_failures, 1U);
    EXPECT_EQ(metrics.events_published, 2U);
    EXPECT_LT(publisher.calls, 30U) << "the pauses grow";
    for (const auto& event : publisher.wire) EXPECT_TRUE(event.order_id == lucky || event.version == 1);
    EXPECT_EQ(log.count("events were not published and stay pending"), 1U) << "once in ten seconds";

    publisher.answer = [](const domain::order_event&) { return publish_outcome::confirmed; };
    run_for(2s);
    EXPECT_TRUE(database.outbox.empty());
}

INSTANTIATE_TEST_SUITE_P(relay, unpublished,
                         testing::Values(publish_outcome::returned, publish_outcome::refused,
                                         publish_outcome::failed));

TEST_F(relay_test, new_work_does_not_shorten_the_pause_after_a_failure) {
    create_order();
    publisher.answer = [](const domain::order_event&) { return publish_outcome::failed; };
    start_relay();
    for (int i = 0; i < 1000; ++i) {
        relay->wake();
        run_for(2ms);
    }
    EXPECT_LT(publisher.calls, 20U);
}

// Confirms a batch in time only where it is small enough.
class slow_bus final : public ports::publisher {
public:
    awaitable<std::vector<publish_outcome>> publish(std::span<const ports::event_message> messages) override {
        sizes.push_back(messages.size());
        const auto outcome =
            messages.size() <= digestible ? publish_outcome::confirmed : publish_outcome::failed;
        co_return std::vector<publish_outcome>(messages.size(), outcome);
    }

    std::size_t digestible = 20;
    std::vector<std::size_t> sizes;
};

TEST_F(relay_test, a_bus_too_slow_for_whole_batches_gets_smaller_ones) {
    for (int i = 0; i < 400; ++i) create_order();
    slow_bus bus;
    relay.emplace(around(), *store, bus, identity, core::relay_options{.lanes = 1});
    ended = start(relay->run());
    run_for(30s);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_EQ(bus.sizes.front(), 400U);

    bus.digestible = 1000;
    run_for(1s);
    for (int i = 0; i < 400; ++i) create_order();
    bus.sizes.clear();
    run_for(1s);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_GT(std::ranges::max(bus.sizes), 100U) << "and whole ones once it is well";
    stop_relay();
    EXPECT_TRUE(*ended);
}

TEST_F(relay_test, settling_is_tried_again) {
    create_order();
    script.fail("settle", store_fault::unavailable);
    script.fail("settle", store_fault::outcome_unknown, true);
    start_relay();
    run_for(1s);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_EQ(publisher.wire.size(), 1U);
}

TEST_F(relay_test, what_cannot_be_settled_is_published_again_later) {
    const auto id = create_order().id;
    take_step(id);
    script.fail_always("settle", store_fault::broken);
    start_relay();
    run_for(1s);
    EXPECT_GT(publisher.wire.size(), 1U);
    for (const auto& event : publisher.wire) EXPECT_EQ(event.version, 1) << "its successor waits";
    EXPECT_GT(log.count("outbox cannot be read or settled"), 0U);
    script.heal("settle");
    run_for(3s);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_EQ(publisher.wire.back().version, 2);
}

TEST_F(relay_test, a_row_with_a_lower_number_that_commits_later_is_found_by_the_next_rescan) {
    const auto early = database.reserve_sequences(2);
    const std::array slow{make_order_in(7)};
    const std::array quick{make_order_in(7)};
    database.create(quick, early + 1);
    start_relay({.rescan = 5s});
    run_for(1s);
    EXPECT_EQ(publisher.count(quick[0].id), 1U);
    database.create(slow, early);
    run_for(1s);
    EXPECT_EQ(publisher.count(slow[0].id), 0U) << "the position is beyond it";
    run_for(4s);
    EXPECT_EQ(publisher.count(slow[0].id), 1U);
    EXPECT_TRUE(database.outbox.empty());
}

TEST_F(relay_test, is_woken_by_those_who_write) {
    start_relay({.idle_poll = 1h});
    const auto id = create_order().id;
    run_for(100ms);
    EXPECT_EQ(publisher.count(id), 0U);
    relay->wake();
    poll();
    EXPECT_EQ(publisher.count(id), 1U);
}

TEST_F(relay_test, publishes_nothing_once_its_leases_have_run_out) {
    start_relay();
    script.hold("renew_leases");
    run_for(1s);
    create_order();
    run_for(1s);
    EXPECT_TRUE(database.outbox.empty()) << "until then it does";
    run_for(1500ms);
    const auto id = create_order().id;
    run_for(5s);
    EXPECT_EQ(publisher.count(id), 0U);
    script.release("renew_leases");
    run_for(2s);
    EXPECT_EQ(publisher.count(id), 1U);
}

TEST_F(relay_test, frozen_over_the_end_of_its_leases_it_publishes_nothing_of_what_it_had_read) {
    start_relay();
    script.hold("renew_leases");
    script.hold_answer("pending");
    const auto id = create_order().id;
    run_for(3500ms);

    // Another relay takes over, publishes, and is gone before the first one thaws and has its leases back.
    const auto rival = rival_appears();
    ASSERT_EQ(leases_of(rival.owner), domain::shard_count);
    database.outbox.clear();
    database.retire(rival);
    script.release("renew_leases");
    run_for(100ms);
    ASSERT_EQ(leases_of(identity.owner), domain::shard_count);
    script.release("pending");
    run_for(5s);
    EXPECT_EQ(publisher.count(id), 0U);

    const auto next = create_order().id;
    run_for(1s);
    EXPECT_EQ(publisher.count(next), 1U);
}

TEST_F(relay_test, shares_its_shards_even_when_it_is_never_idle) {
    publisher.takes = 300ms;
    for (int i = 0; i < 200; ++i) create_order();
    start_relay({.batch_max = 4});
    rival_appears();
    run_for(4s);
    EXPECT_FALSE(database.outbox.empty());
    EXPECT_EQ(leases_of(identity.owner), domain::shard_count / 2);
}

TEST_F(relay_test, keeps_the_shards_of_a_batch_in_the_works) {
    start_relay();
    publisher.is_held = true;
    const std::array orders{make_order_in(62)};
    database.create(orders, database.reserve_sequences(1));
    run_for(100ms);
    ASSERT_EQ(publisher.calls, 1U);
    rival_appears();
    run_for(2s);
    EXPECT_EQ(leases_of(identity.owner), 48U) << "the lane with no batch gave up its part of the surplus";
    EXPECT_TRUE(database.leases.contains(62));
    publisher.is_held = false;
    run_for(2s);
    EXPECT_EQ(leases_of(identity.owner), 32U);
    EXPECT_TRUE(database.outbox.empty());
}

TEST_F(relay_test, a_lease_that_could_not_be_given_up_is_given_up_later) {
    start_relay();
    rival_appears();
    script.fail("release_leases", store_fault::unavailable);
    run_for(1s);
    EXPECT_EQ(leases_of(identity.owner), 64U);
    run_for(2s);
    EXPECT_EQ(leases_of(identity.owner), 32U);
}

TEST_F(relay_test, takes_nothing_beside_a_relay_on_another_bus) {
    database.renew_leases({.owner = new_id(), .bus = "other"}, 10s);
    database.leases.clear();
    const auto id = create_order().id;
    start_relay();
    run_for(9s);
    EXPECT_EQ(publisher.count(id), 0U);
    run_for(5s);
    EXPECT_EQ(publisher.count(id), 1U);
}

TEST_F(relay_test, ends_although_a_lane_met_a_bug) {
    create_order();
    publisher.answer = [](const domain::order_event&) -> publish_outcome {
        throw std::runtime_error("a bug");
    };
    EXPECT_THROW(start_relay(), std::runtime_error);
    relay->stop();
    run_for(1min);
    EXPECT_TRUE(*ended);
}

TEST_F(relay_test, stopped_it_finishes_its_batch_and_retires) {
    start_relay();
    publisher.is_held = true;
    create_order();
    run_for(50ms);
    stop_relay();
    run_for(2s);
    EXPECT_FALSE(*ended);
    publisher.is_held = false;
    run_for(10ms);
    EXPECT_TRUE(*ended);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_TRUE(database.leases.empty());
    EXPECT_TRUE(database.relays.empty());
}

TEST_F(relay_test, stopped_while_the_store_is_away_it_ends_all_the_same) {
    start_relay();
    for (const auto* call : {"pending", "renew_leases", "depth", "retire"}) {
        script.fail_always(call, store_fault::unavailable);
    }
    run_for(100ms);
    stop_relay();
    run_for(6s);
    EXPECT_TRUE(*ended);
    EXPECT_EQ(log.count("shard leases were not given up and will run out"), 1U);
}

TEST_F(relay_test, measures_what_it_is_responsible_for) {
    publisher.answer = [](const domain::order_event&) { return publish_outcome::failed; };
    create_order();
    create_order();
    start_relay();
    run_for(3s);
    EXPECT_EQ(metrics.depth->pending, 2);
    EXPECT_GT(metrics.depth->oldest_age, 1s);
    EXPECT_EQ(metrics.calls[ports::store_operation::depth], script.count("depth"));
    script.fail_always("depth", store_fault::unavailable);
    run_for(2s);
    EXPECT_EQ(metrics.depth->pending, 2);
    EXPECT_EQ(metrics.calls[ports::store_operation::depth], script.count("depth"));
}

class housekeeping_test : public relay_test {
protected:
    housekeeping_test() {
        lost = create_order().id;
        database.outbox.clear();
        database.keys["old"] = {.fingerprint = {}, .order_id = lost, .created_at = time.wall() - 25h};
        database.keys["young"] = {.fingerprint = {}, .order_id = lost, .created_at = time.wall()};
    }
    domain::uuid lost;
};

TEST_F(housekeeping_test, announces_orders_without_news_again_and_purges_old_keys) {
    start_relay({.redrive_after = 4s});
    run_for(3s);
    EXPECT_EQ(publisher.count(lost), 0U);
    run_for(3s);
    EXPECT_EQ(publisher.count(lost), 1U);
    EXPECT_EQ(log.count("orders without news were announced again"), 1U);
    EXPECT_FALSE(database.keys.contains("old"));
    EXPECT_TRUE(database.keys.contains("young"));
    run_for(4s);
    EXPECT_EQ(publisher.count(lost), 2U) << "again, as nobody has acted on it";
    run_for(5s);
    EXPECT_EQ(publisher.count(lost), 2U);
    run_for(4s);
    EXPECT_EQ(publisher.count(lost), 3U) << "after twice the time, which it may have waited in a queue";
}

TEST_F(housekeeping_test, is_done_by_the_holder_of_shard_0_alone) {
    const ports::relay_identity rival{.owner = new_id(), .bus = "bus"};
    database.renew_leases(rival, 1min);
    std::vector<std::uint8_t> all;
    for (std::uint8_t shard = 1; shard < domain::shard_count; ++shard) all.push_back(shard);
    database.release_leases(rival, all);
    start_relay({.redrive_after = 4s});
    run_for(30s);
    EXPECT_EQ(script.count("redrive"), 0U);
    EXPECT_TRUE(database.keys.contains("old"));
}

TEST_F(housekeeping_test, goes_on_after_a_failure) {
    script.fail("redrive", store_fault::broken);
    script.fail("purge_idempotency_keys", store_fault::broken);
    start_relay({.redrive_after = 4s});
    run_for(10s);
    EXPECT_EQ(log.count("housekeeping failed"), 2U);
    EXPECT_GE(publisher.count(lost), 1U);
    EXPECT_FALSE(database.keys.contains("old"));
}

}  // namespace
}  // namespace delivery::tests
