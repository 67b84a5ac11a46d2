#include "core/diagnosis.hpp"

#include <cmath>

#include <fmt/format.h>

namespace delivery::core {
namespace {

using ports::finding;
using enum ports::finding::grade;

/// Beyond it logs and histories of several machines are hard to read together.
constexpr std::chrono::duration<double> clock_offset_max{1.0};

constexpr std::uintmax_t mebibyte = 1024 * 1024;
constexpr std::uintmax_t room_needed = 64 * mebibyte;
constexpr std::uintmax_t room_wanted = 1024 * mebibyte;

/// Beside the clients' there are connections to the servers, logs and files.
constexpr std::uint64_t other_files = 100;

}  // namespace

finding judge_clock(std::chrono::duration<double> ahead) {
    auto what = fmt::format("{:.3f} s {} the database's", std::abs(ahead.count()),
                            ahead.count() < 0 ? "behind" : "ahead of");
    if (std::chrono::abs(ahead) <= clock_offset_max) return {.check = "clock", .what = std::move(what)};
    return {.check = "clock",
            .result = warning,
            .what = std::move(what),
            .remedy = "have both machines follow the same time servers (NTP)"};
}

finding judge_connections(long free, std::size_t needed) {
    auto what = fmt::format("{} are free, a service here takes up to {}", free, needed);
    if (free >= static_cast<long>(needed)) return {.check = "connections", .what = std::move(what)};
    return {.check = "connections",
            .result = warning,
            .what = std::move(what),
            .remedy = "raise max_connections, or lower THREADS"};
}

finding judge_room(std::uintmax_t bytes) {
    auto what = fmt::format("{} MiB free", bytes / mebibyte);
    if (bytes >= room_wanted) return {.check = "disk", .what = std::move(what)};
    return {.check = "disk",
            .result = bytes < room_needed ? failed : warning,
            .what = std::move(what),
            .remedy = "make room: without it no order can be stored"};
}

finding judge_open_files(std::uint64_t limit, std::uint64_t clients) {
    auto what = fmt::format("{} open files, {} connections of clients", limit, clients);
    if (limit >= clients + other_files) return {.check = "limits", .what = std::move(what)};
    return {.check = "limits",
            .result = warning,
            .what = std::move(what),
            .remedy = "raise the hard limit of open files (ulimit -Hn, LimitNOFILE=)"};
}

finding judge_schema(const schema_status& found, migrated_by who) {
    const bool will_be_mended = who == migrated_by::service && !found.pending.empty();
    if (found.incompatibility && !will_be_mended) {
        return {.check = "schema",
                .result = failed,
                .what = *found.incompatibility,
                .remedy = found.pending.empty() ? "run a program that is as new as the schema"
                                                : "run delivery migrate up"};
    }
    auto what = fmt::format("{} migrations applied", found.applied.size());
    if (will_be_mended) what += fmt::format(", {} at the next start", found.pending.size());
    return {.check = "schema", .what = std::move(what)};
}

}  // namespace delivery::core
