#pragma once

#include "cli/command_line.hpp"

namespace delivery::cli {

/// `delivery import`: takes over orders of the earlier (Python) service, and prints what it could not take.
/// Answers the exit status: 1 where there was any.
int run_import(const invocation& what);

}  // namespace delivery::cli
