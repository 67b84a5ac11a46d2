#include "runtime/json_logger.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>
#include <boost/json.hpp>

namespace delivery::runtime {
namespace {

using namespace std::chrono_literals;

/// A pipe whose other end the test reads, or does not.
class pipe_pair {
public:
    pipe_pair() {
        if (pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    }
    ~pipe_pair() {
        close_writer();
        close(ends_[0]);
    }
    pipe_pair(const pipe_pair&) = delete;
    pipe_pair& operator=(const pipe_pair&) = delete;

    [[nodiscard]] int writer() const { return ends_[1]; }
    void close_writer() {
        if (ends_[1] >= 0) close(ends_[1]);
        ends_[1] = -1;
    }

    /// What arrives within the time, up to one read.
    std::string read_some(std::chrono::milliseconds patience) {
        pollfd entry{.fd = ends_[0], .events = POLLIN, .revents = 0};
        if (poll(&entry, 1, static_cast<int>(patience.count())) <= 0) return {};
        std::string bytes(65536, '\0');
        const auto count = read(ends_[0], bytes.data(), bytes.size());
        bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return bytes;
    }

    std::vector<std::string> read_lines() {
        close_writer();
        std::string all;
        for (auto bytes = read_some(5s); !bytes.empty(); bytes = read_some(5s)) all += bytes;
        std::vector<std::string> lines;
        std::istringstream stream(all);
        for (std::string line; std::getline(stream, line);) lines.push_back(line);
        return lines;
    }

private:
    std::array<int, 2> ends_{};
};

logger_options options_for(const pipe_pair& pipe) {
    logger_options options;
    options.role = "api";
    options.descriptor = pipe.writer();
    return options;
}

TEST(Logger, WritesAJsonObjectALine) {
    pipe_pair pipe;
    {
        const auto log = make_logger(options_for(pipe));
        log->info("one", {{"order_id", std::string_view("a\nb")}});
        log->error("two");
        log->debug("not enabled");
    }
    const auto lines = pipe.read_lines();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(boost::json::parse(lines[0]).at("order_id"), "a\nb");
    EXPECT_EQ(boost::json::parse(lines[0]).at("role"), "api");
    EXPECT_EQ(boost::json::parse(lines[1]).at("level"), "error");
}

TEST(Logger, LevelCanChangeWhileItRuns) {
    pipe_pair pipe;
    {
        const auto log = make_logger(options_for(pipe));
        EXPECT_FALSE(log->is_enabled(ports::log_level::debug));
        log->set_level(ports::log_level::trace);
        log->debug("seen");
        log->set_level(ports::log_level::error);
        EXPECT_FALSE(log->is_enabled(ports::log_level::warning));
        log->write(ports::log_level::warning, "not seen", {});
    }
    EXPECT_EQ(pipe.read_lines().size(), 1U);
}

TEST(Logger, ALineIsOutSoonWithoutAnyOther) {
    pipe_pair pipe;
    const auto log = make_logger(options_for(pipe));
    log->info("alone");
    EXPECT_NE(pipe.read_some(5s).find("alone"), std::string::npos);
}

TEST(Logger, LinesOfManyThreadsAreWholeAndNoneIsLost) {
    pipe_pair pipe;
    constexpr int threads = 4;
    constexpr int lines_each = 500;
    std::vector<std::string> lines;
    std::thread reader;
    {
        auto options = options_for(pipe);
        options.queue_lines = threads * lines_each;
        const auto log = make_logger(options);
        std::vector<std::jthread> writers;
        for (int i = 0; i < threads; ++i) {
            writers.emplace_back([&] {
                for (std::int64_t n = 0; n < lines_each; ++n) log->info("line", {{"n", n}});
            });
        }
        writers.clear();
        reader = std::thread([&] {
            std::string all;
            while (std::ranges::count(all, '\n') < threads * lines_each) {
                const auto bytes = pipe.read_some(5s);
                if (bytes.empty()) break;
                all += bytes;
            }
            std::istringstream stream(all);
            for (std::string line; std::getline(stream, line);) lines.push_back(line);
        });
        reader.join();
        EXPECT_EQ(log->dropped(), 0U);
    }
    ASSERT_EQ(lines.size(), std::size_t{threads} * lines_each);
    for (const auto& line : lines) ASSERT_NO_THROW(boost::json::parse(line)) << line;
}

TEST(Logger, AStalledReaderHoldsUpNobody) {
    pipe_pair pipe;
    constexpr int lines = 5000;
    const auto start = std::chrono::steady_clock::now();
    {
        auto options = options_for(pipe);
        options.queue_lines = 64;
        const auto log = make_logger(options);
        for (int i = 0; i < lines; ++i) log->error("nobody reads this");
        EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
        EXPECT_GT(log->dropped(), 0U);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
    for (const auto& line : pipe.read_lines()) ASSERT_NO_THROW(boost::json::parse(line)) << line;
}

TEST(Logger, AReaderThatIsGoneCostsLinesOnly) {
    signal(SIGPIPE, SIG_IGN);
    auto pipe = std::make_unique<pipe_pair>();
    const auto descriptor = dup(pipe->writer());
    pipe.reset();
    logger_options options;
    options.descriptor = descriptor;
    auto log = make_logger(options);
    log->error("to nobody");
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (log->dropped() == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_EQ(log->dropped(), 1U);
    log.reset();
    close(descriptor);
}

TEST(Logger, WritesReadableTextToAFile) {
    char path[] = "/tmp/delivery-log-XXXXXX";
    const auto descriptor = mkstemp(path);
    ASSERT_GE(descriptor, 0);
    logger_options options;
    options.structured = false;
    options.role = "worker";
    options.descriptor = descriptor;
    make_logger(options)->warn("The broker is away", {{"attempt", std::int64_t{2}}});
    std::string text(1000, '\0');
    const auto size = pread(descriptor, text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(size));
    EXPECT_TRUE(text.ends_with("Z warning [worker] The broker is away attempt=2\n")) << text;
    close(descriptor);
    unlink(path);
}

}  // namespace
}  // namespace delivery::runtime
