#include "runtime/reactors.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <pthread.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace delivery::runtime {
namespace {

namespace asio = boost::asio;

/// Only one thread runs an event loop, which spares Asio some locking; others may still post to it.
struct reactor {
    asio::io_context context{1};
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard{context.get_executor()};
    std::thread thread;
};

std::string describe_current_exception() {
    try {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception of unknown type";
    }
}

}  // namespace

struct reactor_pool::state {
    state(std::size_t size, ports::logger& log_, fault_handler on_fault_)
        : log(log_), on_fault(std::move(on_fault_)), running(size) {}

    void run(reactor& loop) {
        while (!run_until_fault(loop)) {
        }
        const std::scoped_lock lock(mutex);
        --running;
        changed.notify_all();
    }

    /// Runs until there is no work left (true) or a handler throws (false).
    bool run_until_fault(reactor& loop) {
        try {
            loop.context.run();
            return true;
        } catch (...) {
            const auto what = describe_current_exception();
            log.error("An exception escaped on a reactor", {{"error", what}});
            if (on_fault) on_fault(what);
            return false;
        }
    }

    ports::logger& log;
    fault_handler on_fault;
    std::vector<std::unique_ptr<reactor>> reactors;
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t running;
    bool joined = false;
};

reactor_pool::reactor_pool(std::size_t size, ports::logger& log, fault_handler on_fault)
    : state_(std::make_unique<state>(std::max<std::size_t>(size, 1), log, std::move(on_fault))) {
    for (std::size_t i = 0; i < state_->running; ++i) state_->reactors.push_back(std::make_unique<reactor>());
    for (std::size_t i = 0; i < state_->reactors.size(); ++i) {
        auto& loop = *state_->reactors[i];
        loop.thread = std::thread([this, &loop] { state_->run(loop); });
        pthread_setname_np(loop.thread.native_handle(), fmt::format("reactor-{}", i).c_str());
    }
}

reactor_pool::~reactor_pool() {
    if (state_->joined) return;
    for (auto& loop : state_->reactors) loop->context.stop();
    join(std::chrono::milliseconds(0));
}

std::size_t reactor_pool::size() const { return state_->reactors.size(); }

delivery::executor reactor_pool::executor(std::size_t index) const {
    return state_->reactors[index % size()]->context.get_executor();
}

bool reactor_pool::join(std::chrono::milliseconds deadline) {
    auto& self = *state_;
    for (auto& loop : self.reactors) loop->guard.reset();
    std::unique_lock lock(self.mutex);
    const auto drained = self.changed.wait_for(lock, deadline, [&] { return self.running == 0; });
    const auto busy = static_cast<std::int64_t>(self.running);
    lock.unlock();
    if (!drained && !self.joined) {
        self.log.warn("Reactors still had work at the shutdown deadline", {{"reactors", busy}});
        for (auto& loop : self.reactors) loop->context.stop();
    }
    for (auto& loop : self.reactors) {
        if (loop->thread.joinable()) loop->thread.join();
    }
    self.joined = true;
    return drained;
}

}  // namespace delivery::runtime
