#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <set>

#include "chaos/deployment.hpp"
#include "chaos/evidence.hpp"
#include "chaos/ledger.hpp"
#include "chaos/options.hpp"

namespace delivery::chaos {

/// What a run has come to; nothing is known where it was stopped.
struct run_result {
    run_facts facts;
    evidence found;
};

/// Runs load and faults on a deployment in that folder, heals everything, waits until it is quiet, and
/// collects what there is to see. Once `stop` is set it comes back soon, with nothing of use. Throws where
/// the deployment cannot be brought up or looked into.
run_result run(const options& asked, const deployment_options& place,
               std::map<fault_kind, std::string> skipped, const std::atomic<bool>& stop);

}  // namespace delivery::chaos
