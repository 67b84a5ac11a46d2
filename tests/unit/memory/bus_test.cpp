#include <array>

#include "core/relay.hpp"
#include "core/worker.hpp"
#include "memory/bus_factory.hpp"
#include "ports/store_error.hpp"
#include "unit/core/core_test.hpp"

namespace delivery::tests {
namespace {

using domain::status;
using ports::publish_outcome;
using ports::store_fault;
using testing::Each;
using testing::ElementsAre;
using namespace std::chrono_literals;

class in_process_bus_test : public core_test {
protected:
    auto publish(std::vector<ports::event_message> messages) {
        kept = std::move(messages);
        auto result = start(bus->publisher().publish(kept));
        poll();
        return result;
    }

    std::vector<ports::inbound_message> receive() {
        const auto received = start(consumer->receive(10));
        poll();
        return received->get();
    }

    std::unique_ptr<ports::bus> bus = memory::make_bus(clock, *store, {});
    std::unique_ptr<ports::consumer> consumer = bus->consume(context.get_executor());
    std::vector<ports::event_message> kept;
};

TEST_F(in_process_bus_test, confirms_once_the_consumer_has_acknowledged) {
    const auto outcome = publish({message_about(create_order().id)});
    const auto received = receive();
    run_for(10s);
    EXPECT_FALSE(outcome->is_done());
    consumer->acknowledge({&received.at(0).tag, 1});
    poll();
    EXPECT_THAT(outcome->get(), ElementsAre(publish_outcome::confirmed));
}

TEST_F(in_process_bus_test, a_message_that_nobody_finishes_has_failed_at_the_deadline) {
    const auto outcome = publish({message_about(create_order().id)});
    const auto received = receive();
    run_for(29s);
    EXPECT_FALSE(outcome->is_done());
    run_for(1s);
    EXPECT_THAT(outcome->get(), ElementsAre(publish_outcome::failed));
    consumer->acknowledge({&received.at(0).tag, 1});
}

TEST_F(in_process_bus_test, a_dead_letter_is_stored_before_the_message_is_confirmed) {
    const auto outcome = publish({message_about(create_order().id)});
    const auto received = receive();
    script.fail("add_dead_letters", store_fault::unavailable);
    script.fail("add_dead_letters", store_fault::outcome_unknown, true);
    for (const bool is_safe : {false, false, true}) {
        EXPECT_EQ(run(consumer->dead_letter(received.at(0), "no such order")), is_safe);
        poll();
        EXPECT_EQ(outcome->is_done(), is_safe);
    }
    EXPECT_THAT(outcome->get(), ElementsAre(publish_outcome::confirmed));
    ASSERT_EQ(database.dead_letters.size(), 1U) << "the repeat is recognised";
    EXPECT_EQ(database.dead_letters.begin()->second.reason, "no such order");
    EXPECT_EQ(database.dead_letters.begin()->second.body, received[0].body);
}

TEST_F(in_process_bus_test, no_publisher_waits_for_a_consumer_that_has_stopped) {
    const auto outcome = publish({message_about(create_order().id)});
    consumer->stop();
    poll();
    EXPECT_THAT(outcome->get(), Each(publish_outcome::failed));
    EXPECT_THAT(publish({message_about(create_order().id)})->get(), Each(publish_outcome::failed));
}

TEST_F(in_process_bus_test, the_next_consumer_takes_over) {
    consumer.reset();
    EXPECT_THAT(publish({message_about(create_order().id)})->get(), Each(publish_outcome::failed));
    consumer = bus->consume(context.get_executor());
    const auto outcome = publish({message_about(create_order().id)});
    const auto received = receive();
    consumer->acknowledge({&received.at(0).tag, 1});
    poll();
    EXPECT_THAT(outcome->get(), Each(publish_outcome::confirmed));
}

TEST_F(in_process_bus_test, takes_orders_from_beginning_to_end) {
    core::relay relay(around(), *store, bus->publisher(), {.owner = new_id(), .bus = bus->name()}, {});
    core::worker worker(
        around(), *store, *consumer,
        {.durations = {.picking = 100ms, .transit = 0ms}, .on_outbox_written = [&relay] { relay.wake(); }});
    const auto relay_ended = start(relay.run());
    const auto worker_ended = start(worker.run());
    std::vector<domain::uuid> created;
    for (int i = 0; i < 100; ++i) created.push_back(create_order().id);
    relay.wake();
    run_for(1s);
    for (const auto& id : created) EXPECT_EQ(stored(id).status, status::delivered);
    EXPECT_TRUE(database.outbox.empty());
    EXPECT_TRUE(database.dead_letters.empty());

    worker.stop();
    relay.stop();
    run_for(1s);
    EXPECT_TRUE(*worker_ended);
    EXPECT_TRUE(*relay_ended);
    EXPECT_TRUE(database.leases.empty());
}

}  // namespace
}  // namespace delivery::tests
