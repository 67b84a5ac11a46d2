#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <stdexcept>

#include "ports/awaitable.hpp"

namespace delivery::tests {

/// Runs whatever the context has to do until a coroutine on it is done; answers its result or throws its
/// exception. A coroutine that takes longer than `limit` is a failure.
template <typename T>
T finish_coroutine(boost::asio::io_context& context, std::future<T>& result,
                   std::chrono::milliseconds limit = std::chrono::seconds(30)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        context.restart();
        context.run_one_until(deadline);
        if (std::chrono::steady_clock::now() >= deadline)
            throw std::runtime_error("the coroutine takes too long");
    }
    return result.get();
}

/// Runs a coroutine from its beginning to its end. GoogleTest's ASSERT_* do not compile in coroutines: return
/// values from them and look at these outside.
template <typename T>
T run_coroutine(boost::asio::io_context& context, awaitable<T> coroutine,
                std::chrono::milliseconds limit = std::chrono::seconds(30)) {
    auto result = boost::asio::co_spawn(context, std::move(coroutine), boost::asio::use_future);
    return finish_coroutine(context, result, limit);
}

}  // namespace delivery::tests
