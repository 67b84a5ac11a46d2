#pragma once

#include "cli/command_line.hpp"

namespace delivery::cli {

/// `delivery run`, `api`, `relay` and `worker`: runs the roles until asked to stop; answers the exit status.
int run_service(const invocation& what);

}  // namespace delivery::cli
