#pragma once

#include "ports/clock.hpp"

namespace delivery::runtime {

/// The machine's clocks: wall clock to the microsecond, monotonic clock, timers of Asio.
class system_clock final : public ports::clock {
public:
    [[nodiscard]] domain::timestamp now() const override;
    [[nodiscard]] ports::instant monotonic() const override;
    std::unique_ptr<ports::timer> make_timer(executor where) override;
};

}  // namespace delivery::runtime
