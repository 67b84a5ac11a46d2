#include "unit/core/worker_fixture.hpp"

namespace delivery::tests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using namespace std::chrono_literals;

class worker_burial_test : public worker_test {};

TEST_F(worker_burial_test, a_dead_letter_is_tried_until_it_is_safe) {
    consumer.dead_letter_failures = 3;
    consumer.deliver(std::unexpected("unknown status"));
    start_worker();
    run_for(10s);
    EXPECT_THAT(consumer.dead_letters, ElementsAre(Pair(1, "unknown status")));
    EXPECT_EQ(metrics.dead_letters, 1U);
    EXPECT_EQ(log.count("dead letter was not stored and is tried again"), 3U);
}

TEST_F(worker_burial_test, a_dead_letter_that_the_broker_does_not_take_holds_up_no_other_message) {
    consumer.are_dead_letters_held = true;
    const auto id = create_order().id;
    const auto missing = create_order().id;
    auto rejected = message_about(missing);
    rejected.event.order_id = domain::uuid();
    consumer.deliver(std::unexpected("body is not JSON"));
    consumer.deliver(rejected);
    deliver(id);
    start_worker();
    run_for(1s);
    EXPECT_THAT(consumer.acknowledged, ElementsAre(3));
    EXPECT_EQ(stored(id).version, 2);
    deliver(id, 2);
    run_for(1s);
    EXPECT_EQ(stored(id).version, 3);
    EXPECT_THAT(consumer.dead_letters, IsEmpty());

    consumer.are_dead_letters_held = false;
    run_for(1s);
    EXPECT_THAT(consumer.dead_letters, ElementsAre(Pair(1, "body is not JSON"), Pair(2, "no such order")));
    EXPECT_THAT(consumer.acknowledged, ElementsAre(3, 4));
}

TEST_F(worker_burial_test, with_too_many_of_them_it_waits) {
    consumer.are_dead_letters_held = true;
    for (int i = 0; i < 70; ++i) consumer.deliver(std::unexpected("body is not JSON"));
    const auto id = create_order().id;
    deliver(id);
    start_worker();
    run_for(10s);
    EXPECT_EQ(stored(id).version, 1);
    consumer.are_dead_letters_held = false;
    run_for(1s);
    EXPECT_EQ(consumer.dead_letters.size(), 70U);
    EXPECT_EQ(stored(id).version, 2);
}

TEST_F(worker_burial_test, stopped_it_gives_back_what_it_could_not_bury) {
    consumer.are_dead_letters_held = true;
    consumer.dead_letter_failures = 1000;
    for (int i = 0; i < 70; ++i) consumer.deliver(std::unexpected("body is not JSON"));
    start_worker();
    run_for(1s);
    worker->stop();
    run_for(1s);
    EXPECT_FALSE(*ended);
    consumer.are_dead_letters_held = false;
    run_for(1s);
    EXPECT_TRUE(*ended);
    EXPECT_EQ(consumer.given_back.size(), 70U);
    EXPECT_THAT(consumer.acknowledged, IsEmpty());
}

}  // namespace
}  // namespace delivery::tests
