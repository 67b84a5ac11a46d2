#pragma once

// The light part of Asio: enough to declare coroutines, without sockets and timers.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace delivery {

template <typename T>
using awaitable = boost::asio::awaitable<T>;

using executor = boost::asio::any_io_executor;

}  // namespace delivery
