#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "ports/logger.hpp"

namespace delivery::runtime {

struct logger_options {
    ports::log_level level = ports::log_level::info;
    bool structured = true;  ///< One JSON object a line, or readable text.
    std::string service = "delivery";
    std::string role;
    int descriptor = 2;              ///< Where lines go; stays the caller's.
    std::size_t queue_lines = 8192;  ///< Lines that may wait for a slow reader; then the oldest are dropped.
};

/// The process's log. Lines are handed to a thread of its own, so that a stalled reader never holds up a
/// caller; what does not fit in the queue is dropped and counted. Errors are written out without delay.
/// Fields named `logger` or `role` replace the default of a line.
class process_logger : public ports::logger {
public:
    virtual void set_level(ports::log_level level) noexcept = 0;

    /// Lines that were lost since the start.
    [[nodiscard]] virtual std::uint64_t dropped() const noexcept = 0;
};

/// Destroying the logger writes what is queued, and gives up on a reader that has been stalled for a second.
/// Nobody may log any more by then.
std::unique_ptr<process_logger> make_logger(logger_options options);

}  // namespace delivery::runtime
