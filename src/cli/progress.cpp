#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace delivery::cli {
namespace {

constexpr std::chrono::milliseconds interval{200};

}  // namespace

progress::progress(std::string what, std::int64_t total)
    : what_(std::move(what)), total_(total), is_terminal_(::isatty(STDERR_FILENO) == 1) {}

void progress::update(std::int64_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ || now - shown_at_ < interval) return;
    shown_at_ = now;
    const auto share =
        total_ > 0 ? fmt::format(" ({} %)", std::min<std::int64_t>(100, done * 100 / total_)) : "";
    fmt::print(stderr, "\r\033[K{} {}{}", done, what_, share);
}

void progress::finish() {
    if (is_terminal_) fmt::print(stderr, "\r\033[K");
}

}  // namespace delivery::cli
