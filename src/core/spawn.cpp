#include "core/spawn.hpp"

#include <exception>

#include <boost/asio/co_spawn.hpp>

namespace delivery::core {

void spawn(const executor& where, awaitable<void> work) {
    boost::asio::co_spawn(where, std::move(work), [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
    });
}

}  // namespace delivery::core
