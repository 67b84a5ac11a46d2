#include "chaos/recovery.hpp"

namespace delivery::chaos {
namespace {

constexpr std::chrono::minutes longest_standstill{2};

}  // namespace

recovery recovery_watch::look(const remainder& now, clock::time_point when) {
    const bool has_moved = now != before_;
    if (has_moved) moved_ = when;
    before_ = now;
    if (now.is_nothing()) return recovery::at_rest;
    if (when - moved_ > longest_standstill) return recovery::at_standstill;
    // What has not moved of late may be stuck: that is waited for, too.
    return has_moved && when > end_ ? recovery::out_of_patience : recovery::under_way;
}

}  // namespace delivery::chaos
