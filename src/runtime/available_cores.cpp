#include "runtime/available_cores.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <thread>

#include <sched.h>

namespace delivery::runtime {
namespace {

constexpr unsigned most_cores = 256;

unsigned affine_cores() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    // Fails where the machine has more than 1024 processors; it has more than enough then.
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) return std::thread::hardware_concurrency();
    return static_cast<unsigned>(CPU_COUNT(&mask));
}

}  // namespace

std::optional<unsigned> parse_cpu_quota(std::string_view cpu_max) {
    const auto read = [&](unsigned long& value) {
        const auto end = cpu_max.data() + cpu_max.size();
        const auto [stop, fault] = std::from_chars(cpu_max.data(), end, value);
        cpu_max.remove_prefix(static_cast<std::size_t>(stop - cpu_max.data()));
        return fault == std::errc();
    };
    unsigned long quota = 0;
    unsigned long period = 0;
    if (!read(quota) || !cpu_max.starts_with(' ')) return std::nullopt;
    cpu_max.remove_prefix(1);
    if (!read(period) || quota == 0 || period == 0) return std::nullopt;
    return static_cast<unsigned>(std::clamp((quota + period - 1) / period, 1UL, 1UL * most_cores));
}

unsigned available_cores() {
    auto cores = affine_cores();
    std::string line;
    if (std::ifstream file("/sys/fs/cgroup/cpu.max"); std::getline(file, line)) {
        cores = std::min(cores, parse_cpu_quota(line).value_or(cores));
    }
    return std::clamp(cores, 1U, most_cores);
}

}  // namespace delivery::runtime
