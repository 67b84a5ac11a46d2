#include "rabbitmq/wake_event.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace delivery::rabbitmq {

wake_event::wake_event() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

wake_event::~wake_event() { ::close(descriptor_); }

void wake_event::signal() noexcept {
    const std::uint64_t one = 1;
    // Fails only where the counter is full, which is a signal too.
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof(one));
}

void wake_event::sleep(std::chrono::nanoseconds longest, int socket, bool writable) {
    const auto interest = static_cast<short>(POLLIN | (writable ? POLLOUT : 0));
    std::array<pollfd, 2> watched{{{.fd = descriptor_, .events = POLLIN, .revents = 0},
                                   {.fd = socket, .events = interest, .revents = 0}}};
    const auto rest = std::max(longest, std::chrono::nanoseconds{0});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rest);
    const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (rest - seconds).count()};
    ::ppoll(watched.data(), watched.size(), &timeout, nullptr);
    if ((watched[0].revents & POLLIN) != 0) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto taken = ::read(descriptor_, &count, sizeof(count));
    }
}

}  // namespace delivery::rabbitmq
