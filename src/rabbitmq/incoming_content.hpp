#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <amqp.h>

namespace delivery::rabbitmq {

/// A message that the broker sent: a delivery, or one of ours that no queue wanted.
struct incoming_content {
    bool is_return = false;
    std::uint64_t delivery_tag = 0;  ///< Of a delivery.
    bool redelivered = false;
    std::string message_id{};
    std::string content_type{};
    std::string spec_version{};  ///< Header cloudEvents_specversion; empty where absent.
    std::string traceparent{};   ///< Header cloudEvents_traceparent; empty where absent.
    std::string body{};
    /// As announced; larger than the body where its end was thrown away.
    std::uint64_t body_size = 0;

    [[nodiscard]] bool is_cut() const { return body.size() < body_size; }
};

/// Ours have about 200 bytes. Of a larger one than this no more is kept, so that forged messages, of up to
/// 128 MiB each, cannot fill the memory.
inline constexpr std::size_t body_size_max = 262'144;

/// Puts messages together from the frames of one channel: a method, a header, and bodies up to the announced
/// size.
class content_assembler {
public:
    /// Takes a frame; answers the message that it completes. Frames that belong to none are left alone. False
    /// in `is_consistent` afterwards where the frames make no sense.
    std::optional<incoming_content> take(const amqp_frame_t& frame);

    [[nodiscard]] bool is_consistent() const { return is_consistent_; }

private:
    std::optional<incoming_content> finish_if_complete();
    void begin(incoming_content content);

    std::optional<incoming_content> current_;
    std::optional<std::uint64_t>
        missing_;  ///< Bytes of the body that have not come; nothing before its header.
    bool is_consistent_ = true;
};

}  // namespace delivery::rabbitmq
