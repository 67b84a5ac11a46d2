#include "core/spawn.hpp"

#include <exception>

#include <boost/asio/co_spawn.hpp>

namespace delivery::core {

void spawn(const executor& where, awaitable<void> work, std::function<void()> on_end) {
    boost::asio::co_spawn(where, std::move(work),
                          [on_end = std::move(on_end)](const std::exception_ptr& failure) {
                              if (on_end) on_end();
                              if (failure) std::rethrow_exception(failure);
                          });
}

}  // namespace delivery::core
