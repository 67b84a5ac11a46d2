#include "unit/core/relay_test.hpp"

namespace delivery::tests {
namespace {

using ports::publish_outcome;
using namespace std::chrono_literals;

/// A second relay on the same store, with a bus of its own that can be broken.
class unequal_relays : public relay_test {
protected:
    void start_unlucky() {
        unlucky.emplace(around(), *store, broken_publisher, other_identity, options());
        unlucky_ended = start(unlucky->run());
        run_for(20ms);
    }

    [[nodiscard]] core::relay_options options() {
        return {.idle_poll = 100ms, .find_bus_fault = [this] { return known_fault; }};
    }

    void break_bus() {
        broken_publisher.answer = [](const domain::order_event&) { return publish_outcome::failed; };
    }

    void mend_bus() {
        broken_publisher.answer = [](const domain::order_event&) { return publish_outcome::confirmed; };
        known_fault.reset();
    }

    /// Both relays have shards. They know of the same fault, and each has a bus of its own.
    void start_both() {
        start_relay(options());
        start_unlucky();
        run_for(3s);
        create_orders();
        run_for(1s);
        ASSERT_TRUE(database.outbox.empty());
        ASSERT_EQ(leases_of(identity.owner), 32U);
        ASSERT_EQ(leases_of(other_identity.owner), 32U);
    }

    /// Some for each relay.
    void create_orders() {
        for (int i = 0; i < 40; ++i) create_order();
    }

    /// For how much of a time with orders the unlucky relay had shards, in thousandths.
    int share_of_time(ports::duration length) {
        constexpr int looks = 1000;
        int held = 0;
        for (int i = 0; i < looks; ++i) {
            create_order();
            run_for(length / looks);
            if (leases_of(other_identity.owner) > 0) ++held;
        }
        return held;
    }

    static constexpr const char* gone = "the bus does not work here: other relays get the shards";
    static constexpr const char* back = "the relay takes shards again";

    scripted_publisher broken_publisher{clock};
    std::optional<std::string> known_fault;
    ports::relay_identity other_identity{.owner = new_id(), .bus = "bus"};
    std::optional<core::relay> unlucky;
    std::shared_ptr<bool> unlucky_ended;
};

TEST_F(unequal_relays, one_whose_bus_breaks_gives_its_shards_to_the_other_until_it_is_mended) {
    start_both();
    break_bus();
    known_fault = "no connection";
    create_orders();
    run_for(9s);
    EXPECT_FALSE(database.outbox.empty()) << "a broker that restarts is not left at once";
    run_for(4s);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_EQ(leases_of(identity.owner), 64U);
    EXPECT_EQ(log.count(gone), 1U);

    const auto calls = broken_publisher.calls;
    create_orders();
    run_for(1min);
    EXPECT_EQ(broken_publisher.calls, calls);
    EXPECT_EQ(leases_of(identity.owner), 64U);
    EXPECT_EQ(log.count(back), 0U);

    mend_bus();
    run_for(3s);
    EXPECT_EQ(leases_of(other_identity.owner), 32U);
    EXPECT_EQ(log.count(back), 1U);
    create_orders();
    run_for(1s);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_GT(broken_publisher.calls, calls);
}

TEST_F(unequal_relays, one_whose_bus_is_not_there_yet_takes_no_shards) {
    known_fault = "not connected yet";
    start_relay({.idle_poll = 100ms});
    start_unlucky();
    create_orders();
    run_for(10s);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_EQ(leases_of(identity.owner), 64U);
    EXPECT_EQ(database.relays.size(), 1U) << "it is not counted";
    known_fault.reset();
    run_for(3s);
    EXPECT_EQ(leases_of(other_identity.owner), 32U);
}

TEST_F(unequal_relays, one_whose_bus_knows_of_no_fault_and_never_confirms_is_tried_ever_less_often) {
    break_bus();
    start_relay({.idle_poll = 100ms});
    start_unlucky();
    create_orders();
    run_for(10s);
    EXPECT_TRUE(database.outbox.empty());
    for (int i = 0; i < 60; ++i) {
        create_order();
        run_for(5s);
    }
    EXPECT_LT(log.count(gone), 25U);
    EXPECT_GT(log.count(gone), 5U);
    run_for(4s);
    EXPECT_TRUE(database.outbox.empty());
    mend_bus();
    run_for(40s);
    create_orders();
    run_for(1s);
    EXPECT_EQ(leases_of(other_identity.owner), 32U);
    EXPECT_TRUE(database.outbox.empty());
}

TEST_F(unequal_relays, on_trial_it_holds_shards_for_a_small_part_of_the_time) {
    start_both();
    break_bus();
    broken_publisher.takes = 1s;
    share_of_time(1min);
    EXPECT_LT(share_of_time(3min), 250);
}

TEST_F(unequal_relays, with_no_broker_for_anyone_one_holds_the_shards_and_publishes_once_there_is_one) {
    start_both();
    known_fault = "no connection";
    break_bus();
    publisher.answer = broken_publisher.answer;
    create_orders();
    run_for(1min);
    EXPECT_EQ(leases_of(identity.owner) + leases_of(other_identity.owner), 64U);
    EXPECT_EQ(database.relays.size(), 1U);
    EXPECT_EQ(log.count(gone), 1U);

    mend_bus();
    publisher.answer = broken_publisher.answer;
    const auto published_before = publisher.wire.size() + broken_publisher.wire.size();
    run_for(1500ms);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_GE(publisher.wire.size() + broken_publisher.wire.size(), published_before + 40);
    run_for(3s);
    EXPECT_EQ(leases_of(identity.owner), 32U);
    EXPECT_EQ(leases_of(other_identity.owner), 32U);
}

TEST_F(unequal_relays, alone_it_keeps_its_shards_and_gives_way_to_one_that_comes) {
    break_bus();
    known_fault = "no connection";
    start_unlucky();
    create_orders();
    run_for(1min);
    EXPECT_EQ(leases_of(other_identity.owner), 64U);
    EXPECT_EQ(log.count(gone), 0U);
    start_relay({.idle_poll = 100ms});
    run_for(4s);
    EXPECT_EQ(leases_of(identity.owner), 64U);
    EXPECT_TRUE(database.outbox.empty());
}

TEST_F(unequal_relays, the_last_one_takes_over_although_its_bus_does_not_work) {
    known_fault = "no connection";
    break_bus();
    start_relay({.idle_poll = 100ms});
    start_unlucky();
    run_for(5s);
    ASSERT_EQ(leases_of(other_identity.owner), 0U);
    stop_relay();
    run_for(1s);
    EXPECT_EQ(leases_of(other_identity.owner), 64U) << "somebody has to tell how much is pending";
}

TEST_F(unequal_relays, a_broker_that_lets_everyone_wait_makes_nobody_go) {
    start_both();
    publisher.is_held = broken_publisher.is_held = true;
    known_fault = "the broker accepts no messages";
    create_orders();
    run_for(30s);
    EXPECT_EQ(log.count(gone), 0U);
    publisher.is_held = broken_publisher.is_held = false;
    run_for(1s);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_EQ(publisher.wire.size() + broken_publisher.wire.size(), 80U) << "and nothing is repeated";
}

TEST_F(unequal_relays, one_that_stands_aside_can_be_stopped) {
    known_fault = "no connection";
    break_bus();
    start_relay({.idle_poll = 100ms});
    start_unlucky();
    unlucky->stop();
    run_for(10ms);
    EXPECT_TRUE(*unlucky_ended);
}

}  // namespace
}  // namespace delivery::tests
