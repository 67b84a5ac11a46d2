#pragma once

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
};

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
    std::optional<std::uint64_t> body_size_;
    bool is_consistent_ = true;
};

}  // namespace delivery::rabbitmq
