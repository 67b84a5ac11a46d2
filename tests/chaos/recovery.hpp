#pragma once

#include <chrono>
#include <cstdint>

#include "chaos/collect.hpp"

namespace delivery::chaos {

enum class recovery : std::uint8_t {
    under_way,
    at_rest,         ///< Nothing is left to do.
    at_standstill,   ///< Something is left, and it has not moved for two minutes: it is stuck.
    out_of_patience  ///< Something is left and moves still. Whether it would come to an end is not known.
};

/// Watches a healed deployment come to rest. A slow machine may take its time, as long as something moves:
/// what is broken stands still.
class recovery_watch {
public:
    using clock = std::chrono::steady_clock;

    recovery_watch(clock::time_point begin, clock::duration patience)
        : end_(begin + patience), moved_(begin) {}

    /// To be told again and again what is still under way, until the answer is another than that.
    recovery look(const remainder& now, clock::time_point when);

private:
    clock::time_point end_;
    clock::time_point moved_;
    remainder before_;
};

}  // namespace delivery::chaos
