#pragma once

#include <string>

#include "core/store_caller.hpp"
#include "runtime/configuration.hpp"
#include "runtime/json_logger.hpp"
#include "runtime/prometheus_metrics.hpp"
#include "runtime/reactors.hpp"
#include "runtime/signals.hpp"
#include "runtime/system_clock.hpp"

namespace delivery::cli {

/// What every process has: configuration, log, metrics, clock, reactors, and the wish to stop.
class process {
public:
    process(const runtime::configuration& configuration, runtime::role_set roles,
            const std::string& role_name, std::size_t reactor_count);

    [[nodiscard]] core::surroundings around(std::size_t reactor) {
        return {.where = reactors.executor(reactor), .clock = clock, .logger = *logger, .metrics = metrics};
    }

    runtime::configuration settings;
    runtime::system_clock clock;
    std::unique_ptr<runtime::process_logger> logger;
    runtime::prometheus_metrics metrics;
    runtime::stop_signals stop;
    runtime::reactor_pool reactors;
};

}  // namespace delivery::cli
