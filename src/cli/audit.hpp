#pragma once

#include "cli/command_line.hpp"

namespace delivery::cli {

/// `delivery audit`: proves that orders and histories agree; lists what does not on stdout. Answers the exit
/// status.
int run_audit(const invocation& what);

}  // namespace delivery::cli
