#pragma once

#include <optional>

#include "ports/clock.hpp"

namespace delivery::rabbitmq {

/// The monotonic clock with pauses left out: deadlines on it stand still while the broker blocks publishers.
/// Does no I/O and asks no clock; the caller says what time it is.
class pausable_clock {
public:
    void pause(ports::instant now) {
        if (!paused_at_) paused_at_ = now;
    }

    void resume(ports::instant now) {
        if (paused_at_) left_out_ += now - *paused_at_;
        paused_at_.reset();
    }

    [[nodiscard]] bool is_paused() const { return paused_at_.has_value(); }

    /// The time on this clock when the monotonic clock shows `now`.
    [[nodiscard]] ports::instant at(ports::instant now) const { return paused_at_.value_or(now) - left_out_; }

    /// When the monotonic clock will be there, unless there is another pause; nothing during one.
    [[nodiscard]] std::optional<ports::instant> when(ports::instant reading) const {
        if (paused_at_) return std::nullopt;
        return reading + left_out_;
    }

private:
    ports::duration left_out_{0};
    std::optional<ports::instant> paused_at_;
};

}  // namespace delivery::rabbitmq
