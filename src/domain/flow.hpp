#pragma once

#include <chrono>
#include <optional>
#include <span>

#include "domain/status.hpp"

namespace delivery::domain {

/// The carrier's work that a step waits for.
enum class stage { picking, transit };

/// One legal change of status, and the work that comes before it.
struct step {
    status from;
    status to;
    stage waits_for;
};

/// All statuses, in the order in which an order goes through them.
std::span<const status> all_statuses();

/// Every legal step. An order begins as `first_status` and is finished where no step leads on.
std::span<const step> all_steps();

inline constexpr status first_status = status::received;

/// The step that leads on from a status; nothing where the order is finished.
std::optional<step> next_step(status from);

[[nodiscard]] bool is_legal(status from, status to);
[[nodiscard]] bool is_finished(status value);

/// How long each stage takes in the simulated carrier; zero means at once.
struct stage_durations {
    std::chrono::milliseconds picking{1000};
    std::chrono::milliseconds transit{2000};

    [[nodiscard]] std::chrono::milliseconds of(stage value) const;
};

}  // namespace delivery::domain
