#pragma once

#include "cli/command_line.hpp"

namespace delivery::cli {

/// `delivery migrate up`, `down` and `status`; says on stdout what was done. Answers the exit status.
int run_migrate(const invocation& what);

}  // namespace delivery::cli
