#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "ports/clock.hpp"

namespace delivery::tests {

/// Time that passes only when told. Timers are resumed on their executors, so run these after `advance`.
class fake_clock final : public ports::clock {
public:
    /// Begins at 2025-01-01T00:00:00Z.
    fake_clock();
    ~fake_clock() override;

    [[nodiscard]] domain::timestamp now() const override;
    [[nodiscard]] ports::instant monotonic() const override;
    std::unique_ptr<ports::timer> make_timer(executor where) override;

    /// Lets time pass, and ends the waits that are over then.
    void advance(ports::duration length);

    /// Moves the wall clock alone, as an operator does; may go backwards.
    void set_now(domain::timestamp now);

    /// How many waits are under way.
    [[nodiscard]] std::size_t waiting() const;

private:
    class fake_timer;
    struct wait;

    void add(std::shared_ptr<wait> added);

    mutable std::mutex mutex_;
    domain::timestamp now_;
    ports::instant monotonic_{};
    std::vector<std::shared_ptr<wait>> waits_;
};

}  // namespace delivery::tests
