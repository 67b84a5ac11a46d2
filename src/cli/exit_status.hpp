#pragma once

#include <stdexcept>
#include <string>

namespace delivery::cli {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

/// Wrong usage or configuration: what was asked for is refused, with the reason in words for the operator.
/// Exit 2.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The work failed, with the reason in words for the operator. Exit 1.
class work_failed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace delivery::cli
