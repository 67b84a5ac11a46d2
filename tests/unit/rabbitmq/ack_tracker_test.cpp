#include "rabbitmq/ack_tracker.hpp"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace delivery::rabbitmq {
namespace {

using acks = std::vector<acknowledgement>;

constexpr std::size_t hold_all = 1'000'000;

ack_tracker make_tracker(std::uint64_t delivered) {
    ack_tracker tracker;
    for (std::uint64_t tag = 1; tag <= delivered; ++tag) EXPECT_TRUE(tracker.delivered(tag));
    return tracker;
}

TEST(ack_tracker, nothing_finished_is_nothing_to_send) {
    auto tracker = make_tracker(3);
    EXPECT_EQ(tracker.flush(0), acks{});
    EXPECT_EQ(tracker.unfinished(), 3U);
}

TEST(ack_tracker, finished_messages_go_as_one) {
    auto tracker = make_tracker(5);
    for (const auto tag : {3, 1, 2}) tracker.finished(static_cast<std::uint64_t>(tag));
    EXPECT_EQ(tracker.flush(0), (acks{{.tag = 3, .multiple = true}}));
    EXPECT_EQ(tracker.flush(0), acks{});
    EXPECT_EQ(tracker.unfinished(), 2U);
}

TEST(ack_tracker, a_single_one_is_no_multiple) {
    auto tracker = make_tracker(2);
    tracker.finished(1);
    EXPECT_EQ(tracker.flush(0), (acks{{.tag = 1, .multiple = false}}));
}

TEST(ack_tracker, never_passes_an_unfinished_message) {
    auto tracker = make_tracker(5);
    for (const auto tag : {1, 3, 4, 5}) tracker.finished(static_cast<std::uint64_t>(tag));
    EXPECT_EQ(tracker.flush(hold_all), (acks{{.tag = 1, .multiple = false}}));
    EXPECT_EQ(tracker.flush(hold_all), acks{});
    tracker.finished(2);
    EXPECT_EQ(tracker.flush(hold_all), (acks{{.tag = 5, .multiple = true}}));
}

TEST(ack_tracker, too_many_held_ones_go_one_by_one) {
    auto tracker = make_tracker(4);
    for (const auto tag : {2, 3}) tracker.finished(static_cast<std::uint64_t>(tag));
    EXPECT_EQ(tracker.flush(2), acks{});
    EXPECT_EQ(tracker.flush(1), (acks{{.tag = 2, .multiple = false}, {.tag = 3, .multiple = false}}));
    EXPECT_EQ(tracker.flush(0), acks{});
    tracker.finished(1);
    EXPECT_EQ(tracker.flush(0), (acks{{.tag = 1, .multiple = false}}));
    tracker.finished(4);
    EXPECT_EQ(tracker.flush(0), (acks{{.tag = 4, .multiple = false}}));
}

TEST(ack_tracker, a_multiple_never_ends_at_a_message_that_was_given_back) {
    auto tracker = make_tracker(4);
    tracker.finished(1);
    tracker.finished(2);
    EXPECT_TRUE(tracker.give_back(3));
    EXPECT_EQ(tracker.flush(0), (acks{{.tag = 2, .multiple = true}}));
    tracker.finished(4);
    EXPECT_EQ(tracker.flush(0), (acks{{.tag = 4, .multiple = false}}));
}

TEST(ack_tracker, each_message_is_finished_once) {
    auto tracker = make_tracker(3);
    EXPECT_TRUE(tracker.give_back(1));
    EXPECT_FALSE(tracker.give_back(1));
    tracker.finished(1);
    EXPECT_EQ(tracker.flush(0), acks{});
    tracker.finished(2);
    tracker.finished(2);
    EXPECT_FALSE(tracker.give_back(2));
    EXPECT_EQ(tracker.flush(0), (acks{{.tag = 2, .multiple = false}}));
    EXPECT_EQ(tracker.unfinished(), 1U);
}

TEST(ack_tracker, unknown_tags_are_ignored) {
    auto tracker = make_tracker(1);
    tracker.finished(0);
    tracker.finished(2);
    EXPECT_FALSE(tracker.give_back(0));
    EXPECT_FALSE(tracker.give_back(2));
    EXPECT_EQ(tracker.flush(0), acks{});
}

TEST(ack_tracker, tags_ascend_by_one) {
    auto tracker = make_tracker(2);
    EXPECT_FALSE(tracker.delivered(2));
    EXPECT_FALSE(tracker.delivered(4));
    EXPECT_TRUE(tracker.delivered(3));
}

TEST(ack_tracker, begins_anew_with_the_channel) {
    auto tracker = make_tracker(3);
    tracker.finished(1);
    tracker.lost();
    EXPECT_EQ(tracker.unfinished(), 0U);
    tracker.finished(2);
    EXPECT_EQ(tracker.flush(0), acks{});
    EXPECT_TRUE(tracker.delivered(1));
}

/// Plays RabbitMQ: every acknowledgement must name a message that it still counts as unacknowledged, must
/// cover finished messages only, and in the end all of them.
TEST(ack_tracker, random_scripts_satisfy_the_broker) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        ack_tracker tracker;
        std::uint64_t last = 0;
        std::set<std::uint64_t> unacknowledged;
        std::set<std::uint64_t> finished;
        const auto receive = [&](const acks& sent) {
            for (const auto& [tag, multiple] : sent) {
                ASSERT_TRUE(unacknowledged.contains(tag)) << "seed " << seed;
                const auto begin = multiple ? unacknowledged.begin() : unacknowledged.find(tag);
                const auto end = std::next(unacknowledged.find(tag));
                for (auto it = begin; it != end; ++it) ASSERT_TRUE(finished.contains(*it)) << "seed " << seed;
                unacknowledged.erase(begin, end);
            }
        };
        for (int step = 0; step < 300; ++step) {
            const auto tag = std::uniform_int_distribution<std::uint64_t>(0, last + 1)(random);
            switch (random() % 6) {
                case 0:
                case 1:
                    ASSERT_TRUE(tracker.delivered(++last));
                    unacknowledged.insert(last);
                    break;
                case 2:
                case 3:
                    tracker.finished(tag);
                    if (tag >= 1 && tag <= last) finished.insert(tag);
                    break;
                case 4: {
                    const bool may = unacknowledged.contains(tag) && !finished.contains(tag);
                    ASSERT_EQ(tracker.give_back(tag), may) << "seed " << seed;
                    if (may) unacknowledged.erase(tag);
                    break;
                }
                default: receive(tracker.flush(random() % 10));
            }
        }
        for (std::uint64_t tag = 1; tag <= last; ++tag) {
            tracker.finished(tag);
            finished.insert(tag);
        }
        receive(tracker.flush(0));
        ASSERT_TRUE(unacknowledged.empty()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace delivery::rabbitmq
