#include "sqlite/call_queue.hpp"

#include <algorithm>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "ports/store_error.hpp"

namespace delivery::sqlite {
namespace {

namespace asio = boost::asio;

std::exception_ptr unavailable(const char* reason) {
    return std::make_exception_ptr(ports::store_error(ports::store_fault::unavailable, reason));
}

/// A function that resumes a coroutine on its executor, and keeps that executor's context running until then.
/// It owns the coroutine's frames, so what the work refers to in them lives as long as the call.
template <typename Handler>
auto make_completion(Handler handler) {
    auto where =
        asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    return [where = std::move(where), handler = std::move(handler)](std::exception_ptr error) mutable {
        asio::post(where, [handler = std::move(handler), error = std::move(error)]() mutable {
            std::move(handler)(std::move(error));
        });
    };
}

}  // namespace

awaitable<void> call_queue::run(work todo, std::chrono::milliseconds patience, urgency how) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    auto initiate = [this, todo = std::move(todo), deadline, how](auto handler) mutable {
        push({.run = std::move(todo),
              .complete = make_completion(std::move(handler)),
              .deadline = deadline,
              .how = how});
    };
    return asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr)>(
        std::move(initiate), asio::use_awaitable);
}

void call_queue::push(call next) {
    if (const auto* refusal = take_in(next)) {
        next.complete(unavailable(refusal));
    } else {
        arrived_.notify_one();
    }
}

const char* call_queue::take_in(call& next) {
    const std::lock_guard lock(mutex_);
    if (closed_) return "the database is closed";
    if (next.how == urgency::high) {
        waiting_.push_front(std::move(next));
        return nullptr;
    }
    if (waiting_.size() >= bound_) return "too many calls wait for the database";
    waiting_.push_back(std::move(next));
    return nullptr;
}

std::vector<call> call_queue::take(std::size_t max) {
    std::vector<call> taken;
    std::vector<call> late;
    {
        std::unique_lock lock(mutex_);
        while (taken.empty() && late.empty()) {
            arrived_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
            if (waiting_.empty()) break;
            const auto now = std::chrono::steady_clock::now();
            while (!waiting_.empty() && taken.size() < max) {
                auto& target = waiting_.front().deadline <= now ? late : taken;
                target.push_back(std::move(waiting_.front()));
                waiting_.pop_front();
            }
        }
    }
    for (auto& each : late)
        complete(std::move(each), unavailable("the call waited too long for the database"));
    if (taken.empty() && !late.empty()) return take(max);
    return taken;
}

void call_queue::complete(call done, std::exception_ptr error) {
    const std::shared_lock lock(completing_);
    auto within_lock = std::move(done);
    within_lock.complete(std::move(error));
}

void call_queue::wait_for_completions() { const std::lock_guard lock(completing_); }

void call_queue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    arrived_.notify_all();
}

}  // namespace delivery::sqlite
