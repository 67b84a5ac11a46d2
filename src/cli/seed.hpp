#pragma once

#include "cli/command_line.hpp"

namespace delivery::cli {

/// `delivery seed`: stores the demo orders that are not there yet. Answers the exit status.
int run_seed(const invocation& what);

}  // namespace delivery::cli
