#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

namespace delivery::runtime {

/// This process's own figures, read from /proc now: process_cpu_seconds_total, process_resident_memory_bytes,
/// process_virtual_memory_bytes, process_open_fds, process_max_fds, process_start_time_seconds. What cannot
/// be read is left out.
std::vector<prometheus::MetricFamily> collect_process_metrics();

/// What is used of /proc/PID/stat, in its own units.
struct process_figures {
    std::uint64_t cpu_ticks = 0;
    std::uint64_t start_ticks = 0;  ///< After the machine's boot.
    std::uint64_t virtual_bytes = 0;
    std::uint64_t resident_pages = 0;
};

/// Reads /proc/PID/stat. All zero where the text is something else.
process_figures parse_process_stat(std::string_view stat);

/// A family of one value and without labels.
prometheus::MetricFamily single_value(std::string_view name, std::string_view help,
                                      prometheus::MetricType type, double value);

}  // namespace delivery::runtime
