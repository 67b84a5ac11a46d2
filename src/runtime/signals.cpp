#include "runtime/signals.hpp"

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace delivery::runtime {
namespace {

constexpr int hurried_exit_status = 1;

}  // namespace

struct stop_signals::state {
    explicit state(ports::logger& log_) : log(log_) {
        std::signal(SIGPIPE, SIG_IGN);
        wait_for_signal();
        thread = std::thread([this] { context.run(); });
    }

    void wait_for_signal() {
        signals.async_wait([this](const boost::system::error_code& fault, int number) {
            if (fault) return;
            // A second signal comes from somebody who will not wait. Nothing may hold that up.
            if (signalled) std::_Exit(hurried_exit_status);
            signalled = true;
            log.info("Stopping: a signal was received", {{"signal", std::int64_t{number}}});
            request(0);
            wait_for_signal();
        });
    }

    void request(int exit_status) {
        const std::scoped_lock lock(mutex);
        requested = true;
        status = std::max(status, exit_status);
        changed.notify_all();
    }

    ports::logger& log;
    boost::asio::io_context context{1};
    boost::asio::signal_set signals{context, SIGTERM, SIGINT};
    bool signalled = false;  ///< Of the signal thread alone.
    std::mutex mutex;
    std::condition_variable changed;
    bool requested = false;
    int status = 0;
    std::thread thread;
};

stop_signals::stop_signals(ports::logger& log) : state_(std::make_unique<state>(log)) {}

stop_signals::~stop_signals() {
    state_->context.stop();
    state_->thread.join();
}

void stop_signals::request(int exit_status) noexcept { state_->request(exit_status); }

void stop_signals::wait() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->requested; });
}

bool stop_signals::wait_for(std::chrono::milliseconds length) {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, length, [&] { return state_->requested; });
}

int stop_signals::exit_status() const noexcept {
    const std::scoped_lock lock(state_->mutex);
    return state_->status;
}

}  // namespace delivery::runtime
