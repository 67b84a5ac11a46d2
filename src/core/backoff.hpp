#pragma once

#include <cstdint>
#include <random>

#include "ports/clock.hpp"

namespace delivery::core {

/// Growing waits between attempts: each is drawn from the upper half of a span that doubles from `first` to
/// `most`, so that those who failed together do not come back together.
class backoff {
public:
    struct limits {
        ports::duration first = std::chrono::milliseconds(10);
        ports::duration most = std::chrono::milliseconds(500);
    };

    backoff(limits bounds, std::uint64_t seed) : bounds_(bounds), span_(bounds.first), random_(seed) {}

    ports::duration next() {
        const auto span = span_;
        span_ = std::min(span_ * 2, bounds_.most);
        std::uniform_int_distribution<ports::duration::rep> draw(span.count() / 2, span.count());
        return ports::duration(draw(random_));
    }

    void reset() { span_ = bounds_.first; }

private:
    limits bounds_;
    ports::duration span_;
    std::minstd_rand random_;
};

}  // namespace delivery::core
