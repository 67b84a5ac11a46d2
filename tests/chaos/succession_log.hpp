#pragma once

#include <atomic>
#include <cstdint>

namespace delivery::chaos {

/// The moments in which a primary was killed to be succeeded. A commit that waits for the standby is seen by
/// nobody. But where the postmaster dies before its children, those that wait give up waiting, and until they
/// are killed too, others may read a commit of which the standby knows nothing: what was read in such a
/// moment may rightly be undone. What was read before was on the standby.
class succession_log {
public:
    void begin() { ++begun_; }
    void end() { ++ended_; }

    /// To be asked before a request; and with that answer after it, whether it met such a moment.
    [[nodiscard]] std::uint64_t ended() const { return ended_; }
    [[nodiscard]] bool has_begun_after(std::uint64_t ended) const { return begun_ > ended; }

private:
    std::atomic<std::uint64_t> begun_ = 0;
    std::atomic<std::uint64_t> ended_ = 0;
};

}  // namespace delivery::chaos
