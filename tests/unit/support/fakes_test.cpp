#include "support/fakes.hpp"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>

#include <string>
#include <vector>

#include "support/child.hpp"
#include "support/fake_clock.hpp"
#include "support/run_coroutine.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

class fake_clock_test : public testing::Test {
protected:
    void wait_on(ports::timer& timer, ports::duration length) {
        auto waiting = [](ports::timer& waited, ports::duration length,
                          std::vector<bool>& ends) -> awaitable<void> {
            ends.push_back(co_await waited.wait(length));
        };
        boost::asio::co_spawn(context_, waiting(timer, length, ends_), boost::asio::detached);
        run();
    }

    void run() {
        context_.restart();
        context_.poll();
    }

    boost::asio::io_context context_;
    fake_clock clock_;
    std::vector<bool> ends_;
};

TEST_F(fake_clock_test, a_wait_ends_when_its_time_has_passed) {
    const auto timer = clock_.make_timer(context_.get_executor());
    wait_on(*timer, 100ms);
    EXPECT_EQ(clock_.waiting(), 1U);

    clock_.advance(99ms);
    run();
    EXPECT_TRUE(ends_.empty());

    clock_.advance(1ms);
    run();
    EXPECT_EQ(ends_, std::vector<bool>{true});
    EXPECT_EQ(clock_.waiting(), 0U);
}

TEST_F(fake_clock_test, a_cancelled_wait_says_so) {
    const auto timer = clock_.make_timer(context_.get_executor());
    wait_on(*timer, 1h);
    timer->cancel();
    run();
    EXPECT_EQ(ends_, std::vector<bool>{false});
}

TEST_F(fake_clock_test, the_wall_clock_may_go_back_alone) {
    const auto start = clock_.now();
    clock_.advance(2s);
    EXPECT_EQ(clock_.now() - start, 2s);
    clock_.set_now(start);
    EXPECT_EQ(clock_.monotonic().time_since_epoch(), 2s);
}

TEST(run_coroutine, answers_and_throws_what_the_coroutine_does) {
    boost::asio::io_context context;
    auto five = []() -> awaitable<int> { co_return 5; };
    auto broken = []() -> awaitable<int> {
        throw std::runtime_error("broken");
        co_return 0;
    };
    EXPECT_EQ(run_coroutine(context, five()), 5);
    EXPECT_THROW(run_coroutine(context, broken()), std::runtime_error);
}

TEST(recording_logger, keeps_fields_as_text) {
    recording_logger log;
    log.info("hello", {{"number", std::int64_t{3}}, {"flag", true}, {"text", std::string_view("x")}});
    ASSERT_EQ(log.lines().size(), 1U);
    EXPECT_EQ(log.lines().front().fields.at("number"), "3");
    EXPECT_EQ(log.lines().front().fields.at("flag"), "true");
    EXPECT_EQ(log.count("hello"), 1U);
}

TEST(run_command, tells_output_errors_and_exit_code) {
    const auto result = run_command({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, 10s);
    EXPECT_EQ(result.output, "out\n");
    EXPECT_EQ(result.errors, "err\n");
    EXPECT_EQ(result.status, (exit_status{.code = 3, .signal = 0}));
}

}  // namespace
}  // namespace delivery::tests
