#include "memory/channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/message_codec.hpp"

namespace delivery::memory {
namespace {

using domain::status;
using ports::publish_outcome;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

class channel_test : public testing::Test {
protected:
    static ports::event_message message(std::uint8_t number, status what = status::received) {
        domain::uuid::bytes_type bytes{};
        bytes[15] = number;
        return {.event = {.id = domain::uuid(bytes),
                          .order_id = domain::uuid(bytes),
                          .version = 1,
                          .status = what,
                          .recorded_at = {}},
                .traceparent = "trace"};
    }

    std::shared_ptr<publication> publish(std::vector<ports::event_message> messages) {
        auto call = std::make_shared<publication>();
        call->on_settled = [this] { ++settled; };
        is_open = queue.publish(call, messages);
        return call;
    }

    void attach() {
        queue.attach([this] { ++arrivals; });
    }

    static std::vector<ports::delivery_tag> tags_of(const std::vector<ports::inbound_message>& messages) {
        std::vector<ports::delivery_tag> tags;
        for (const auto& each : messages) tags.push_back(each.tag);
        return tags;
    }

    channel queue{4};
    int arrivals = 0;
    int settled = 0;
    bool is_open = false;
};

TEST_F(channel_test, a_message_is_confirmed_when_its_consumer_is_done) {
    attach();
    const auto call = publish({message(1), message(2)});
    EXPECT_TRUE(is_open);
    EXPECT_EQ(arrivals, 1);
    const auto taken = queue.take(10);
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_FALSE(taken[0].redelivered);
    EXPECT_EQ(taken[0].content->traceparent, "trace");
    EXPECT_EQ(taken[0].body, core::encode_body(message(1).event));
    EXPECT_EQ(taken[1].message_id, message(2).event.id.to_string());
    queue.settle({&taken[0].tag, 1});
    EXPECT_EQ(settled, 0);
    queue.settle({&taken[1].tag, 1});
    EXPECT_EQ(settled, 1);
    EXPECT_THAT(queue.abandon(*call), Each(publish_outcome::confirmed));
    queue.settle(tags_of(taken));
    EXPECT_EQ(settled, 1) << "a second time changes nothing";
}

TEST_F(channel_test, what_no_worker_wants_is_confirmed_at_once) {
    const auto call = publish({message(1, status::delivered)});
    EXPECT_FALSE(is_open);
    EXPECT_THAT(queue.abandon(*call), ElementsAre(publish_outcome::confirmed));
}

TEST_F(channel_test, without_a_consumer_messages_fail_at_once) {
    const auto call = publish({message(1), message(2, status::delivered)});
    EXPECT_FALSE(is_open);
    EXPECT_THAT(queue.abandon(*call), ElementsAre(publish_outcome::failed, publish_outcome::confirmed));
}

TEST_F(channel_test, beyond_the_bound_messages_fail) {
    attach();
    std::vector<ports::event_message> messages;
    for (std::uint8_t i = 0; i < 6; ++i) messages.push_back(message(i));
    const auto call = publish(messages);
    const auto taken = queue.take(10);
    EXPECT_EQ(taken.size(), 4U);
    queue.settle(tags_of(taken));
    EXPECT_EQ(settled, 1);
    const auto outcomes = queue.abandon(*call);
    EXPECT_EQ(std::ranges::count(outcomes, publish_outcome::failed), 2);
    EXPECT_EQ(outcomes[5], publish_outcome::failed);
}

TEST_F(channel_test, takes_no_more_than_asked_for) {
    attach();
    publish({message(1), message(2), message(3)});
    EXPECT_EQ(queue.take(2).size(), 2U);
    EXPECT_EQ(queue.take(2).size(), 1U);
    EXPECT_THAT(queue.take(2), IsEmpty());
}

TEST_F(channel_test, what_its_publisher_gave_up_is_not_handed_out) {
    attach();
    const auto call = publish({message(1), message(2)});
    const auto taken = queue.take(1);
    EXPECT_THAT(queue.abandon(*call), Each(publish_outcome::failed));
    EXPECT_THAT(queue.take(10), IsEmpty());
    queue.settle(tags_of(taken));
    EXPECT_EQ(settled, 0) << "nobody listens";
}

TEST_F(channel_test, what_is_given_back_comes_again_first_and_in_its_order) {
    attach();
    publish({message(1), message(2), message(3)});
    queue.give_back(tags_of(queue.take(2)));
    EXPECT_EQ(arrivals, 2);
    const auto again = queue.take(10);
    ASSERT_EQ(again.size(), 3U);
    EXPECT_EQ(again[0].content->event, message(1).event);
    EXPECT_EQ(again[1].content->event, message(2).event);
    EXPECT_TRUE(again[0].redelivered);
    EXPECT_FALSE(again[2].redelivered);
    queue.settle(tags_of(again));
    EXPECT_EQ(settled, 1);
}

TEST_F(channel_test, a_consumer_may_take_when_it_is_told_of_arrivals) {
    std::vector<ports::inbound_message> taken;
    queue.attach([&] { taken = queue.take(10); });
    publish({message(1)});
    EXPECT_EQ(taken.size(), 1U);
    queue.give_back(tags_of(taken));
    EXPECT_TRUE(taken.at(0).redelivered);
}

TEST_F(channel_test, once_it_refuses_what_waits_fails_and_what_was_taken_may_still_be_settled) {
    attach();
    const auto call = publish({message(1), message(2), message(3)});
    const auto taken = queue.take(2);
    queue.refuse();
    EXPECT_EQ(settled, 0);
    queue.settle({&taken[0].tag, 1});
    queue.give_back({&taken[1].tag, 1});
    EXPECT_EQ(settled, 1);
    EXPECT_THAT(queue.abandon(*call),
                ElementsAre(publish_outcome::confirmed, publish_outcome::failed, publish_outcome::failed));
    EXPECT_THAT(queue.take(10), IsEmpty());
    publish({message(4)});
    EXPECT_FALSE(is_open);
}

TEST_F(channel_test, when_the_consumer_ends_all_that_is_open_fails) {
    attach();
    const auto call = publish({message(1), message(2)});
    const auto taken = queue.take(1);
    queue.detach();
    EXPECT_EQ(settled, 1);
    queue.settle(tags_of(taken));
    EXPECT_THAT(queue.abandon(*call), Each(publish_outcome::failed));
}

}  // namespace
}  // namespace delivery::memory
