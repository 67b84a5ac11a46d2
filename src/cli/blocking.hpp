#pragma once

#include <exception>
#include <expected>
#include <type_traits>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "ports/awaitable.hpp"

namespace delivery::cli {

/// The coroutine's result, or its exception as a value.
template <typename T>
awaitable<std::expected<T, std::exception_ptr>> catch_all(awaitable<T> work) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(work);
            co_return std::expected<T, std::exception_ptr>();
        } else {
            co_return co_await std::move(work);
        }
    } catch (...) {
        co_return std::unexpected(std::current_exception());
    }
}

/// Runs a coroutine on an executor that another thread runs, and waits for it; answers its result or throws
/// its exception. Never called on the executor's own thread.
///
/// The exception changes hands as a whole. Thrown out of a future it would belong to both threads, and which
/// of them deletes it would be up to counters in libstdc++ that ThreadSanitizer does not see.
template <typename T>
T block_on(const executor& where, awaitable<T> work) {
    auto result = boost::asio::co_spawn(where, catch_all(std::move(work)), boost::asio::use_future).get();
    if (!result) std::rethrow_exception(std::exchange(result.error(), nullptr));
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace delivery::cli
