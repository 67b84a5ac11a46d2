#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "ports/store.hpp"
#include "support/memory_database.hpp"

namespace delivery::tests {

/// Brings a call to the database and its answer back: runs `effect` once, or not at all, wherever and
/// whenever it likes, and comes back after it; may wait and throw `store_error` before and after it. `call`
/// is the store function's name. The effect owns all that it uses, so it may outlive the caller.
using effect_carrier = std::function<awaitable<void>(std::string_view call, std::function<void()> effect)>;

/// Runs the effect at once and comes back.
awaitable<void> carry_at_once(std::string_view call, std::function<void()> effect);

/// A store on a database in memory. Several may share one, as several processes would; the database must
/// outlive them.
std::unique_ptr<ports::store> make_memory_store(memory_database& database,
                                                effect_carrier carry = carry_at_once);

}  // namespace delivery::tests
