#pragma once

#include <string>
#include <vector>

#include "chaos/evidence.hpp"

namespace delivery::chaos {

/// Why the faults of a run were too few to prove anything; nothing where they sufficed. What was skipped is
/// not missed, for the ledger says so and why. A few faults may fail: the servers are in a bad way on
/// purpose.
std::vector<std::string> find_shortfalls(const fault_record& faults);

}  // namespace delivery::chaos
