#pragma once

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "ports/awaitable.hpp"

namespace delivery::cli {

/// Runs a coroutine on an executor that another thread runs, and waits for it; answers its result or throws
/// its exception. Never called on the executor's own thread.
template <typename T>
T block_on(const executor& where, awaitable<T> work) {
    return boost::asio::co_spawn(where, std::move(work), boost::asio::use_future).get();
}

}  // namespace delivery::cli
