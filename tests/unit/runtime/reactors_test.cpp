#include "runtime/reactors.hpp"

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "runtime/file_limits.hpp"
#include "runtime/system_clock.hpp"

namespace delivery::runtime {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class counting_logger final : public ports::logger {
public:
    [[nodiscard]] bool is_enabled(ports::log_level) const noexcept override { return true; }
    void write(ports::log_level level, std::string_view,
               std::span<const ports::log_field>) noexcept override {
        if (level == ports::log_level::warning) ++warnings;
        if (level == ports::log_level::error) ++errors;
    }
    std::atomic<int> warnings{0};
    std::atomic<int> errors{0};
};

void ignore_fault(const std::string&) {}

TEST(Reactors, EachIsAThreadOfItsOwn) {
    counting_logger log;
    reactor_pool pool(3, log, ignore_fault);
    ASSERT_EQ(pool.size(), 3U);
    std::set<std::thread::id> threads;
    for (std::size_t i = 0; i < pool.size(); ++i) {
        const auto ask = [] { return std::this_thread::get_id(); };
        const auto first = asio::post(pool.executor(i), asio::use_future(ask)).get();
        EXPECT_EQ(asio::post(pool.executor(i + pool.size()), asio::use_future(ask)).get(), first);
        threads.insert(first);
    }
    EXPECT_EQ(threads.size(), 3U);
    EXPECT_TRUE(pool.join(5s));
}

TEST(Reactors, JoinFinishesWhatIsUnderWay) {
    counting_logger log;
    reactor_pool pool(2, log, ignore_fault);
    std::atomic<bool> finished = false;
    asio::co_spawn(
        pool.executor(1),
        [&]() -> awaitable<void> {
            asio::steady_timer timer(co_await asio::this_coro::executor, 50ms);
            co_await timer.async_wait(asio::use_awaitable);
            finished = true;
        },
        asio::detached);
    EXPECT_TRUE(pool.join(10s));
    EXPECT_TRUE(finished);
    EXPECT_EQ(log.warnings, 0);
}

TEST(Reactors, JoinGivesUpAtTheDeadlineAndSaysSo) {
    counting_logger log;
    const auto start = std::chrono::steady_clock::now();
    {
        reactor_pool pool(2, log, ignore_fault);
        asio::co_spawn(
            pool.executor(0),
            []() -> awaitable<void> {
                asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
                co_await timer.async_wait(asio::use_awaitable);
            },
            asio::detached);
        EXPECT_FALSE(pool.join(50ms));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
    EXPECT_EQ(log.warnings, 1);
}

TEST(Reactors, AnEscapedExceptionIsReportedAndTheReactorGoesOn) {
    counting_logger log;
    std::promise<std::string> fault;
    reactor_pool pool(1, log, [&](const std::string& what) { fault.set_value(what); });
    asio::post(pool.executor(0), [] { throw std::runtime_error("a bug"); });
    EXPECT_EQ(fault.get_future().get(), "a bug");
    EXPECT_EQ(asio::post(pool.executor(0), asio::use_future([] { return 7; })).get(), 7);
    EXPECT_TRUE(pool.join(5s));
    EXPECT_EQ(log.errors, 1);
}

TEST(Reactors, DestructionWithoutJoinStops) {
    counting_logger log;
    const reactor_pool pool(2, log, ignore_fault);
    EXPECT_EQ(pool.size(), 2U);
}

TEST(Clock, TellsTheTime) {
    const system_clock clock;
    const auto before = std::chrono::system_clock::now() - 1us;
    const auto now = clock.now();
    EXPECT_GE(now, before);
    EXPECT_LE(now, std::chrono::system_clock::now());
    EXPECT_LE(clock.monotonic(), clock.monotonic());
}

TEST(Clock, ATimerPassesOrIsCancelled) {
    counting_logger log;
    system_clock clock;
    reactor_pool pool(1, log, ignore_fault);
    auto timer = clock.make_timer(pool.executor(0));
    EXPECT_TRUE(asio::co_spawn(pool.executor(0), timer->wait(1ms), asio::use_future).get());
    auto waiting = asio::co_spawn(pool.executor(0), timer->wait(1h), asio::use_future);
    asio::post(pool.executor(0), [&] { timer->cancel(); });
    EXPECT_FALSE(waiting.get());
    timer.reset();
    EXPECT_TRUE(pool.join(5s));
}

TEST(FileLimits, AreRaisedToTheHardOne) { EXPECT_GE(raise_file_limit(), 256U); }

}  // namespace
}  // namespace delivery::runtime
