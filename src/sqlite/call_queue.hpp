#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "ports/awaitable.hpp"
#include "sqlite/connection.hpp"

namespace delivery::sqlite {

using work = std::move_only_function<void(connection&)>;

/// Where a call stands among those that wait: what must not come late goes to the front, and is never one too
/// many.
enum class urgency { usual, high };

/// A store call on its way to a thread of the database and back.
struct call {
    work run;
    /// Resumes the caller, with an error or none. Exactly once, from any thread.
    std::move_only_function<void(std::exception_ptr)> complete;
    std::chrono::steady_clock::time_point deadline;
    urgency how = urgency::usual;
};

/// Where calls wait for a thread of the database. Bounded; safe to use from any thread.
class call_queue {
public:
    explicit call_queue(std::size_t bound) : bound_(bound) {}

    /// Runs `todo` on a thread of the database and resumes the caller on its own executor. Throws
    /// `unavailable` without running it where the queue is full or closed, or where `patience` is over before
    /// its turn comes.
    awaitable<void> run(work todo, std::chrono::milliseconds patience, urgency how = urgency::usual);

    /// Waits for calls and takes up to `max` of them, the urgent ones first and the others in the order in
    /// which they came; none once the queue is closed and empty. Calls whose patience is over are answered
    /// here and not given out.
    std::vector<call> take(std::size_t max);

    /// Answers a call that was taken, and destroys it.
    void complete(call done, std::exception_ptr error);

    /// Comes back once no thread is within `complete` for a call whose caller has already been resumed: its
    /// executor's context may go then.
    void wait_for_completions();

    /// Accepts no more calls; those that wait are still served.
    void close();

private:
    void push(call next);
    /// Moves it to those that wait, or says why not, and leaves it as it is.
    const char* take_in(call& next);

    const std::size_t bound_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<call> waiting_;
    std::shared_mutex completing_;  ///< Shared by the threads that complete calls.
    bool closed_ = false;
};

}  // namespace delivery::sqlite
