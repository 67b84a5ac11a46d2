#include "runtime/descriptor_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace delivery::runtime {
namespace {

using steady = std::chrono::steady_clock;

/// A pipe that has room at all takes this much at once and in one piece (PIPE_BUF on Linux).
constexpr std::size_t atomic_bytes = 4096;
/// How often a stalled reader is looked after, to notice the wish to hurry.
constexpr int poll_interval_ms = 50;

bool is_regular_file(int descriptor) {
    struct stat status{};
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

/// As many whole lines as may be written at once; a longer line alone.
std::string_view take_lines(std::string_view& lines, std::size_t limit) {
    auto end = lines.size() <= limit ? lines.size() - 1 : lines.rfind('\n', limit - 1);
    if (end == std::string_view::npos) end = lines.find('\n');
    const auto taken = lines.substr(0, end == std::string_view::npos ? lines.size() : end + 1);
    lines.remove_prefix(taken.size());
    return taken;
}

}  // namespace

descriptor_writer::descriptor_writer(int descriptor)
    : descriptor_(descriptor),
      is_file_(is_regular_file(descriptor)),
      deadline_(std::numeric_limits<std::int64_t>::max()) {}

void descriptor_writer::write(std::string_view lines) {
    while (!lines.empty()) {
        const auto batch = take_lines(lines, is_file_ ? lines.size() : atomic_bytes);
        if (write_whole(batch)) continue;
        const auto count = static_cast<std::uint64_t>(std::ranges::count(batch, '\n'));
        lost_.fetch_add(count, std::memory_order_relaxed);
    }
}

void descriptor_writer::hurry(std::chrono::milliseconds length) noexcept {
    deadline_.store((steady::now() + length).time_since_epoch().count(), std::memory_order_relaxed);
}

bool descriptor_writer::wait_until_writable() const {
    for (;;) {
        pollfd entry{.fd = descriptor_, .events = POLLOUT, .revents = 0};
        const auto ready = poll(&entry, 1, poll_interval_ms);
        if (ready > 0) return (entry.revents & POLLOUT) != 0;
        if (ready < 0 && errno != EINTR) return false;
        if (steady::now().time_since_epoch().count() > deadline_.load(std::memory_order_relaxed))
            return false;
    }
}

bool descriptor_writer::write_whole(std::string_view bytes) const {
    while (!bytes.empty()) {
        if (!wait_until_writable()) return false;
        const auto piece = is_file_ ? bytes : bytes.substr(0, atomic_bytes);
        const auto written = ::write(descriptor_, piece.data(), piece.size());
        if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace delivery::runtime
