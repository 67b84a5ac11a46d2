#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "simulation/process.hpp"
#include "simulation/world.hpp"

namespace delivery::simulation {

/// What one run came to.
struct outcome {
    std::vector<std::string> faults;  ///< Everything that must not be; empty when all is well.
    std::size_t orders = 0;
    std::size_t acknowledged = 0;
    std::size_t messages = 0;      ///< On the wire, repeats included.
    std::size_t disturbances = 0;  ///< Processes killed, frozen or stopped, servers cut off, clocks set.
    std::uint64_t trace = 0;  ///< The same for the same run: a digest of all that was stored and published.
};

/// Runs the real core, all roles, on virtual time with a seeded choice of faults (none in calm weather), lets
/// everything heal, waits until nothing is left to do, and looks for anything that must not be. The same seed
/// gives the same run.
outcome simulate(std::uint64_t seed, sabotage broken = sabotage::none, weather outside = weather::rough);

/// All orders are posted and delivered, and nobody has anything left to do.
bool nothing_is_left(const world& in);

/// What must hold once all is quiet: the store, the wire and the clients' ledger agree.
std::vector<std::string> find_faults(const world& in);

}  // namespace delivery::simulation
