#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "ports/clock.hpp"

namespace delivery::tests {

/// Virtual time, shared by all that is simulated on one thread: it stands still while anything is done, and
/// jumps from one entry of its agenda to the next. Entries of the same moment are done in the order in which
/// they were made.
class simulated_time {
public:
    using action = std::move_only_function<void()>;
    using ticket = std::pair<ports::instant, std::uint64_t>;

    [[nodiscard]] ports::instant monotonic() const { return now_; }
    /// The true time of day; begins at 2025-01-01T00:00:00Z.
    [[nodiscard]] domain::timestamp wall() const;

    ticket after(ports::duration length, action act);
    /// Nothing happens where the entry was done already.
    void forget(const ticket& entry) { agenda_.erase(entry); }

    /// Jumps to the next entry and does it. There must be one.
    void step();
    /// When the next entry is due. There must be one.
    [[nodiscard]] ports::instant next() const { return agenda_.begin()->first.first; }
    void clear() { agenda_.clear(); }
    [[nodiscard]] bool is_over() const { return agenda_.empty(); }

private:
    ports::instant now_{};
    std::uint64_t last_ = 0;
    std::map<ticket, action> agenda_;
};

/// The clock of one simulated process. Its timers may outlive the executors that they were made for, once
/// abandoned.
class simulated_clock final : public ports::clock {
public:
    explicit simulated_clock(simulated_time& time) : time_(time) {}
    ~simulated_clock() override { abandon(); }
    simulated_clock(const simulated_clock&) = delete;
    simulated_clock& operator=(const simulated_clock&) = delete;

    [[nodiscard]] domain::timestamp now() const override;
    [[nodiscard]] ports::instant monotonic() const override { return time_.monotonic(); }
    std::unique_ptr<ports::timer> make_timer(executor where) override;

    /// How far the time of day is off.
    void set_skew(std::chrono::microseconds skew) { skew_ = skew; }

    /// The process is gone: no wait ends any more, and the coroutines that wait are destroyed.
    void abandon();

private:
    class simulated_timer;
    struct wait {
        simulated_time::ticket entry;
        executor where;
        std::move_only_function<void(bool)> resume;
    };

    std::uint64_t begin(const executor& where, ports::duration length,
                        std::move_only_function<void(bool)> resume);
    void end(std::uint64_t number, bool is_whole);

    simulated_time& time_;
    std::chrono::microseconds skew_{0};
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, wait> waits_;
    bool is_abandoned_ = false;
};

}  // namespace delivery::tests
