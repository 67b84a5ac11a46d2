#pragma once

#include <functional>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "ports/awaitable.hpp"

namespace delivery::rabbitmq {

/// Resumes a waiting coroutine with its result; to be called once, on any thread.
template <typename Result>
using completion = std::move_only_function<void(Result)>;

/// Suspends the calling coroutine, hands its completion to `start`, and comes back on the caller's own
/// executor with what the completion is called with. The executor counts the wait as work meanwhile. `start`
/// must outlive the call.
template <typename Result, typename Start>
awaitable<Result> await_completion(Start start) {
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result)>(
        [](auto handler, Start begin) {
            const auto where = boost::asio::get_associated_executor(handler);
            auto work = boost::asio::prefer(where, boost::asio::execution::outstanding_work.tracked);
            begin(completion<Result>(
                [handler = std::move(handler), work = std::move(work)](Result result) mutable {
                    auto resume = [handler = std::move(handler), result = std::move(result)]() mutable {
                        std::move(handler)(std::move(result));
                    };
                    boost::asio::post(work, std::move(resume));
                }));
        },
        boost::asio::use_awaitable, std::move(start));
}

}  // namespace delivery::rabbitmq
