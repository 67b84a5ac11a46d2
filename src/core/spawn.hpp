#pragma once

#include "ports/awaitable.hpp"

namespace delivery::core {

/// Runs a coroutine on an executor with nobody waiting for it. An exception that escapes it leaves through
/// the context that runs it, where it ends the process: it is a bug.
void spawn(const executor& where, awaitable<void> work);

}  // namespace delivery::core
