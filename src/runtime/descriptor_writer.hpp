#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace delivery::runtime {

/// Writes whole lines to a descriptor that others may share, and waits for a reader that is stalled, unless
/// told to hurry. One thread writes; `hurry` and `lost` are for any thread.
class descriptor_writer {
public:
    explicit descriptor_writer(int descriptor);

    /// Writes lines, each ended by a line break. Lines of several processes in one pipe do not mix, as long
    /// as each is at most 4096 bytes long. Lines that cannot be written are lost, and counted.
    void write(std::string_view lines);

    /// From `length` after now on, nothing is waited for any more.
    void hurry(std::chrono::milliseconds length) noexcept;

    /// Lines that could not be written.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

private:
    [[nodiscard]] bool wait_until_writable() const;
    [[nodiscard]] bool write_whole(std::string_view bytes) const;

    int descriptor_;
    bool is_file_;
    std::atomic<std::int64_t> deadline_;  ///< In ticks of the steady clock.
    std::atomic<std::uint64_t> lost_{0};
};

}  // namespace delivery::runtime
