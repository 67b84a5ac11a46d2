#include "rabbitmq/confirm_tracker.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace delivery::rabbitmq {
namespace {

using std::chrono::seconds;

constexpr ports::instant start{};

/// A tracker with messages "1" to "n" written, all of request 1, and what it has settled so far.
struct script {
    explicit script(std::size_t count = 0) {
        for (std::size_t i = 1; i <= count; ++i) send(std::to_string(i));
    }

    void send(const std::string& message_id, ports::instant deadline = start + seconds(10)) {
        tracker.sent({.request = 1, .index = next_index++}, message_id, deadline);
    }
    bool ack(std::uint64_t tag, bool multiple = false) {
        return tracker.acknowledged(tag, multiple, settled);
    }
    bool nack(std::uint64_t tag, bool multiple = false) { return tracker.refused(tag, multiple, settled); }

    /// One letter a message: c, r(eturned), n(acked), f(ailed), or a dot while it is open. "!" where settled
    /// twice.
    [[nodiscard]] std::string outcomes() const {
        std::string result(next_index, '.');
        for (const auto& [key, outcome] : settled) {
            auto& letter = result.at(key.index);
            letter = letter != '.' ? '!' : "crnf"[static_cast<std::size_t>(outcome)];
        }
        return result;
    }

    confirm_tracker tracker;
    std::vector<settlement> settled;
    std::size_t next_index = 0;
};

TEST(confirm_tracker, acks_settle_one_or_all_up_to_a_tag) {
    script s(5);
    EXPECT_TRUE(s.ack(2));
    EXPECT_EQ(s.outcomes(), ".c...");
    EXPECT_EQ(s.tracker.unconfirmed(), 4U);
    EXPECT_TRUE(s.ack(4, true));
    EXPECT_EQ(s.outcomes(), "cccc.");
    EXPECT_TRUE(s.ack(5));
    EXPECT_EQ(s.outcomes(), "ccccc");
    EXPECT_EQ(s.tracker.unconfirmed(), 0U);
}

TEST(confirm_tracker, nacks_refuse_one_or_all_up_to_a_tag) {
    script s(5);
    EXPECT_TRUE(s.nack(3));
    EXPECT_TRUE(s.ack(1));
    EXPECT_TRUE(s.nack(4, true));
    EXPECT_EQ(s.outcomes(), "cnnn.");
}

TEST(confirm_tracker, tag_zero_with_multiple_means_all_so_far) {
    script s(3);
    EXPECT_TRUE(s.ack(0, true));
    EXPECT_EQ(s.outcomes(), "ccc");
    EXPECT_FALSE(s.ack(0, true));
}

TEST(confirm_tracker, a_return_before_the_ack_makes_it_returned) {
    script s(4);
    s.tracker.returned("2");
    EXPECT_EQ(s.outcomes(), "....");
    EXPECT_EQ(s.tracker.unconfirmed(), 4U);
    EXPECT_TRUE(s.ack(4, true));
    EXPECT_EQ(s.outcomes(), "crcc");
}

TEST(confirm_tracker, a_returned_message_that_is_nacked_is_refused) {
    script s(1);
    s.tracker.returned("1");
    EXPECT_TRUE(s.nack(1));
    EXPECT_EQ(s.outcomes(), "n");
}

TEST(confirm_tracker, returns_of_unknown_or_settled_messages_change_nothing) {
    script s(2);
    EXPECT_TRUE(s.ack(1));
    s.tracker.returned("1");
    s.tracker.returned("elsewhere");
    s.tracker.returned("");
    EXPECT_TRUE(s.ack(2));
    EXPECT_EQ(s.outcomes(), "cc");
}

TEST(confirm_tracker, a_return_counts_for_every_open_message_of_its_id) {
    script s;
    for (const auto* id : {"a", "b", "a", "a"}) s.send(id);
    EXPECT_TRUE(s.ack(1));
    s.tracker.returned("a");
    s.send("a");  // Written after the return: another matter.
    EXPECT_TRUE(s.ack(5, true));
    EXPECT_EQ(s.outcomes(), "ccrrc");
}

TEST(confirm_tracker, whatever_is_open_fails_when_the_channel_goes) {
    script s(4);
    EXPECT_TRUE(s.ack(2));
    s.tracker.returned("3");
    s.tracker.lost(s.settled);
    EXPECT_EQ(s.outcomes(), "fcff");
    EXPECT_EQ(s.tracker.unconfirmed(), 0U);
    EXPECT_FALSE(s.tracker.next_deadline().has_value());
    s.tracker.lost(s.settled);
    EXPECT_EQ(s.outcomes(), "fcff");
}

TEST(confirm_tracker, tags_begin_at_one_again_on_the_next_channel) {
    script s(3);
    EXPECT_TRUE(s.ack(1));
    s.tracker.lost(s.settled);
    s.send("x");
    s.send("y");
    EXPECT_FALSE(s.ack(3));
    EXPECT_TRUE(s.ack(1));
    EXPECT_EQ(s.outcomes(), "cffc.");
}

TEST(confirm_tracker, tags_that_are_not_open_are_refused) {
    script s(3);
    EXPECT_FALSE(s.ack(4));
    EXPECT_FALSE(s.ack(4, true));
    EXPECT_FALSE(s.ack(0));
    EXPECT_TRUE(s.ack(2));
    EXPECT_FALSE(s.ack(2));
    EXPECT_FALSE(s.nack(2));
    EXPECT_TRUE(s.ack(1));
    EXPECT_FALSE(s.ack(1));
    EXPECT_FALSE(s.ack(2, true));
    EXPECT_EQ(s.outcomes(), "cc.");
}

TEST(confirm_tracker, the_oldest_open_message_decides_the_deadline) {
    script s;
    EXPECT_FALSE(s.tracker.next_deadline().has_value());
    for (int i = 1; i <= 3; ++i) s.send(std::to_string(i), start + seconds(i));
    EXPECT_EQ(s.tracker.next_deadline(), start + seconds(1));
    EXPECT_TRUE(s.ack(2));
    EXPECT_EQ(s.tracker.next_deadline(), start + seconds(1));
    EXPECT_TRUE(s.ack(1));
    EXPECT_EQ(s.tracker.next_deadline(), start + seconds(3));
    EXPECT_TRUE(s.ack(3));
    EXPECT_FALSE(s.tracker.next_deadline().has_value());
}

/// Any sequence of events settles each message exactly once, and none as confirmed that came back.
TEST(confirm_tracker, random_scripts_agree_with_a_plain_model) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        script s;
        std::map<std::uint64_t, char> open;  // By tag: the letter that an ack would settle it with.
        std::string expected;
        std::map<std::uint64_t, std::size_t> index_of;
        std::uint64_t last_tag = 0;
        const auto settle = [&](std::uint64_t tag, char letter) {
            expected[index_of[tag]] = letter;
            open.erase(tag);
        };
        for (int step = 0; step < 200; ++step) {
            const auto tag = std::uniform_int_distribution<std::uint64_t>(1, last_tag + 1)(random);
            const bool multiple = random() % 2 == 0;
            switch (random() % 8) {
                case 0:
                case 1:
                case 2:
                    index_of[++last_tag] = s.next_index;
                    s.send(std::to_string(last_tag));
                    expected += '.';
                    open[last_tag] = 'c';
                    break;
                case 3:
                    s.tracker.returned(std::to_string(tag));
                    if (open.contains(tag)) open[tag] = 'r';
                    break;
                case 4:
                case 5:
                case 6: {
                    const bool is_ack = random() % 4 != 0;
                    is_ack ? s.ack(tag, multiple) : s.nack(tag, multiple);
                    if (tag > last_tag) break;
                    for (const auto& [number, letter] : std::map(open)) {
                        if (number == tag || (multiple && number < tag))
                            settle(number, is_ack ? letter : 'n');
                    }
                    break;
                }
                default:
                    if (random() % 8 != 0) break;
                    s.tracker.lost(s.settled);
                    for (const auto& [number, letter] : std::map(open)) settle(number, 'f');
                    last_tag = 0;
                    index_of.clear();
            }
            ASSERT_EQ(s.outcomes(), expected) << "seed " << seed << ", step " << step;
            ASSERT_EQ(s.tracker.unconfirmed(), open.size()) << "seed " << seed << ", step " << step;
        }
    }
}

}  // namespace
}  // namespace delivery::rabbitmq
