#pragma once

#include <functional>

#include "ports/awaitable.hpp"

namespace delivery::core {

/// Runs a coroutine on an executor with nobody waiting for it. An exception that escapes it leaves through
/// the context that runs it, where it ends the process: it is a bug. `on_end`, where given, is called on the
/// executor once the coroutine has ended, with such an exception as well.
void spawn(const executor& where, awaitable<void> work, std::function<void()> on_end = {});

}  // namespace delivery::core
