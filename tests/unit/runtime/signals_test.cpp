#include "runtime/signals.hpp"

#include <csignal>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace delivery::runtime {
namespace {

using namespace std::chrono_literals;

class silent_logger final : public ports::logger {
public:
    [[nodiscard]] bool is_enabled(ports::log_level) const noexcept override { return false; }
    void write(ports::log_level, std::string_view, std::span<const ports::log_field>) noexcept override {}
};

class signals : public testing::TestWithParam<int> {};

TEST_P(signals, the_first_asks_for_an_orderly_stop) {
    silent_logger log;
    stop_signals stop(log);
    EXPECT_FALSE(stop.wait_for(0ms));
    kill(getpid(), GetParam());
    EXPECT_TRUE(stop.wait_for(10s));
    stop.wait();
    EXPECT_EQ(stop.exit_status(), 0);
}

TEST_P(signals, the_second_ends_the_process_at_once) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            silent_logger log;
            stop_signals stop(log);
            kill(getpid(), GetParam());
            stop.wait();
            kill(getpid(), GetParam());
            std::this_thread::sleep_for(30s);
        },
        testing::ExitedWithCode(1), "");
}

INSTANTIATE_TEST_SUITE_P(both, signals, testing::Values(SIGTERM, SIGINT));

TEST(StopSignals, AFaultInsideSetsTheExitStatus) {
    silent_logger log;
    stop_signals stop(log);
    std::thread([&] { stop.request(1); }).join();
    stop.request(0);
    stop.wait();
    EXPECT_EQ(stop.exit_status(), 1);
}

TEST(StopSignals, ABrokenPipeIsNoSignal) {
    silent_logger log;
    const stop_signals stop(log);
    kill(getpid(), SIGPIPE);
    EXPECT_EQ(stop.exit_status(), 0);
}

}  // namespace
}  // namespace delivery::runtime
