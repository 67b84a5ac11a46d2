#pragma once

#include "cli/command_line.hpp"

namespace delivery::cli {

/// `delivery doctor`: examines what a service with these settings would stand on, and prints each finding
/// with what to do about it. Answers the exit status: 1 where a service could not work.
int run_doctor(const invocation& what);

}  // namespace delivery::cli
