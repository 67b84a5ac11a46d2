#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace delivery::cli {

/// A line on stderr that shows how far long work has come; shown only on a terminal.
class progress {
public:
    /// `total` may be rough, or 0 where it is not known.
    progress(std::string what, std::int64_t total);

    void update(std::int64_t done);

    /// Takes the line away.
    void finish();

private:
    std::string what_;
    std::int64_t total_;
    bool is_terminal_;
    std::chrono::steady_clock::time_point shown_at_{};
};

}  // namespace delivery::cli
