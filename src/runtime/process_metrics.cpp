#include "runtime/process_metrics.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace delivery::runtime {
namespace {

using prometheus::MetricType;

std::string first_line(const char* path) {
    std::string line;
    std::ifstream file(path);
    std::getline(file, line);
    return line;
}

/// When the machine was started, in seconds since 1970.
double read_boot_time() {
    std::ifstream file("/proc/stat");
    for (std::string word; file >> word;) {
        double seconds = 0;
        if (word == "btime" && file >> seconds) return seconds;
    }
    return 0;
}

std::optional<double> count_open_files() {
    std::error_code fault;
    double count = 0;
    std::filesystem::directory_iterator entries("/proc/self/fd", fault);
    for (; !fault && entries != std::filesystem::directory_iterator(); entries.increment(fault)) ++count;
    // The iterator has the folder itself open.
    return fault ? std::nullopt : std::optional(count - 1);
}

std::optional<double> read_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
    return static_cast<double>(limit.rlim_cur);
}

}  // namespace

prometheus::MetricFamily single_value(std::string_view name, std::string_view help, MetricType type,
                                      double value) {
    prometheus::ClientMetric metric;
    metric.counter.value = value;
    metric.gauge.value = value;
    return {std::string(name), std::string(help), type, {metric}};
}

process_figures parse_process_stat(std::string_view stat) {
    // The second field, the program's name in parentheses, may hold blanks and parentheses.
    const auto name_end = stat.rfind(')');
    if (name_end == std::string_view::npos) return {};
    stat.remove_prefix(name_end + 1);
    process_figures figures;
    constexpr int first_field = 3;
    for (int field = first_field; !stat.empty(); ++field) {
        stat.remove_prefix(std::min(stat.find_first_not_of(' '), stat.size()));
        const auto word = stat.substr(0, stat.find(' '));
        stat.remove_prefix(word.size());
        std::uint64_t value = 0;
        std::from_chars(word.data(), word.data() + word.size(), value);
        if (field == 14 || field == 15) figures.cpu_ticks += value;
        if (field == 22) figures.start_ticks = value;
        if (field == 23) figures.virtual_bytes = value;
        if (field == 24) figures.resident_pages = value;
    }
    return figures;
}

std::vector<prometheus::MetricFamily> collect_process_metrics() {
    static const double boot_time = read_boot_time();
    const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    const auto figures = parse_process_stat(first_line("/proc/self/stat"));
    std::vector families{
        single_value("process_cpu_seconds_total", "Time spent on processors, in user and system mode.",
                     MetricType::Counter, static_cast<double>(figures.cpu_ticks) / ticks_per_second),
        single_value("process_resident_memory_bytes", "Memory that is in use and not swapped out.",
                     MetricType::Gauge, static_cast<double>(figures.resident_pages) * page_bytes),
        single_value("process_virtual_memory_bytes", "Address space that is in use.", MetricType::Gauge,
                     static_cast<double>(figures.virtual_bytes)),
        single_value("process_start_time_seconds", "When the process was started, in seconds since 1970.",
                     MetricType::Gauge,
                     boot_time + static_cast<double>(figures.start_ticks) / ticks_per_second),
    };
    if (const auto count = count_open_files()) {
        families.push_back(
            single_value("process_open_fds", "Files and sockets that are open.", MetricType::Gauge, *count));
    }
    if (const auto limit = read_file_limit()) {
        families.push_back(single_value("process_max_fds", "How many files and sockets may be open.",
                                        MetricType::Gauge, *limit));
    }
    return families;
}

}  // namespace delivery::runtime
