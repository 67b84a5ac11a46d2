#include "core/bus_trust.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace delivery::core {
namespace {

using ports::publish_outcome;
using namespace std::chrono_literals;

class bus_trust_test : public testing::Test {
protected:
    bool is_usable(bool has_fault = false) { return trust.is_usable(now, has_fault); }

    /// A batch that takes so long.
    bool publish(std::vector<publish_outcome> outcomes, ports::duration takes = 0s) {
        const auto begun = now;
        now += takes;
        return trust.published(begun, now, outcomes);
    }

    void use() {
        ASSERT_TRUE(is_usable());
        ASSERT_FALSE(publish({publish_outcome::confirmed}));
    }

    /// How long until it may be tried again.
    ports::duration pause() {
        const auto lost_at = now;
        while (!is_usable()) now += 10ms;
        return now - lost_at;
    }

    bus_trust trust{10s, 1};
    ports::instant now = ports::instant{} + 1h;
};

TEST_F(bus_trust_test, is_not_there_before_its_first_fault_is_over) {
    EXPECT_FALSE(is_usable(true));
    EXPECT_TRUE(is_usable());
    EXPECT_TRUE(is_usable(true)) << "from then on, what is published tells";
}

TEST_F(bus_trust_test, is_lost_once_nothing_was_answered_for_as_long_as_the_patience_lasts) {
    use();
    EXPECT_FALSE(publish({publish_outcome::failed}, 5s));
    EXPECT_FALSE(publish({publish_outcome::failed}, 4s));
    EXPECT_TRUE(is_usable(true));
    EXPECT_TRUE(publish({publish_outcome::failed, publish_outcome::failed}, 1s));
    EXPECT_FALSE(is_usable());
    EXPECT_FALSE(publish({publish_outcome::failed}, 1s)) << "it is lost only once";
}

TEST_F(bus_trust_test, is_kept_by_any_answer) {
    for (const auto answer :
         {publish_outcome::confirmed, publish_outcome::returned, publish_outcome::refused}) {
        use();
        EXPECT_FALSE(publish({publish_outcome::failed}, 9s));
        EXPECT_FALSE(publish({publish_outcome::failed, answer}, 9s));
        EXPECT_FALSE(publish({publish_outcome::failed}, 9s));
        EXPECT_TRUE(is_usable());
    }
}

TEST_F(bus_trust_test, comes_back_without_fault_and_its_first_batch_decides) {
    use();
    publish({publish_outcome::failed}, 10s);
    now += 1min;
    EXPECT_FALSE(is_usable(true));
    EXPECT_TRUE(is_usable());
    EXPECT_TRUE(publish({publish_outcome::failed}, 1ms));
    EXPECT_FALSE(is_usable());
}

TEST_F(bus_trust_test, is_tried_later_each_time_that_it_fails) {
    use();
    publish({publish_outcome::failed}, 10s);
    EXPECT_LE(pause(), 1s + 10ms);
    for (int i = 0; i < 8; ++i) {
        publish({publish_outcome::failed}, 1ms);
        EXPECT_GE(pause(), std::min<ports::duration>(1s * (1 << i), 15s));
    }
    publish({publish_outcome::failed}, 1ms);
    EXPECT_LE(pause(), 30s + 10ms);
    publish({publish_outcome::confirmed});
    publish({publish_outcome::failed}, 10s);
    EXPECT_LE(pause(), 1s + 10ms) << "what was answered makes up for it";
}

TEST_F(bus_trust_test, is_not_judged_on_trial_by_a_batch_of_before) {
    use();
    const auto before = now;
    publish({publish_outcome::failed}, 10s);
    pause();
    now += 1s;
    EXPECT_FALSE(trust.published(before, now, std::vector{publish_outcome::failed}));
    EXPECT_TRUE(is_usable());
}

TEST_F(bus_trust_test, is_found_again_by_an_answer) {
    use();
    publish({publish_outcome::failed}, 10s);
    EXPECT_FALSE(publish({publish_outcome::confirmed}));
    EXPECT_TRUE(is_usable(true));
}

}  // namespace
}  // namespace delivery::core
