#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chaos/evidence.hpp"

namespace delivery::chaos {

/// One promise, and everything that breaks it, each in a line that begins with an order's id where there is
/// one.
struct promise {
    std::string name;
    std::string meaning;
    std::vector<std::string> broken;
};

/// What a run has come to.
struct ledger {
    std::uint64_t acknowledged = 0;
    std::uint64_t stored = 0;
    std::uint64_t unacknowledged = 0;  ///< Stored, but no client had an answer.
    std::uint64_t heard = 0;           ///< Different events on the wire.
    std::uint64_t repeats = 0;         ///< Times that an event was heard again.
    std::vector<promise> promises;     ///< In a fixed order; all of them must be kept.

    [[nodiscard]] bool is_balanced() const;
    [[nodiscard]] const promise& operator[](const std::string& name) const;
};

/// Judges by its own reading of the rules; nothing of the service's code takes part. A run that proves
/// nothing, for want of orders or of faults, is not balanced.
ledger draw_ledger(const evidence& found);

/// What a run was, for the report.
struct run_facts {
    std::uint64_t seed = 0;
    std::string sabotage;
};

std::string to_table(const run_facts& run, const evidence& found, const ledger& result);
std::string to_json(const run_facts& run, const evidence& found, const ledger& result);

}  // namespace delivery::chaos
