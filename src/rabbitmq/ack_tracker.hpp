#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace delivery::rabbitmq {

/// A basic.ack to send.
struct acknowledgement {
    std::uint64_t tag = 0;
    bool multiple = false;

    friend bool operator==(const acknowledgement&, const acknowledgement&) = default;
};

/// Knows which deliveries of one channel are unfinished, and turns finished ones into few acknowledgements.
/// Does no I/O. A multiple acknowledgement never passes a delivery that is unfinished, and always ends at one
/// that the broker still counts as unacknowledged: RabbitMQ closes the channel for any other tag.
class ack_tracker {
public:
    /// The broker has delivered a message. Tags ascend by one, from 1; false for any other.
    [[nodiscard]] bool delivered(std::uint64_t tag);

    /// The message is done. Unknown and repeated tags are ignored.
    void finished(std::uint64_t tag);

    /// Whether the message is unfinished and may be given back now (basic.nack, by itself); it is finished
    /// then.
    [[nodiscard]] bool give_back(std::uint64_t tag);

    /// What to send now. Finished messages behind an unfinished one wait, up to `hold_limit` of them; more
    /// are acknowledged one by one, so that one slow message cannot stop the flow.
    std::vector<acknowledgement> flush(std::size_t hold_limit);

    /// The channel is gone: its tags mean nothing any more, and new ones begin at 1.
    void lost();

    [[nodiscard]] std::size_t unfinished() const { return unfinished_; }
    /// Finished, but not acknowledged yet.
    [[nodiscard]] std::size_t unsent() const { return finished_; }

private:
    enum class state : std::uint8_t { unfinished, finished, sent };

    state* find(std::uint64_t tag);

    std::deque<state> states_;     ///< By tag, without gaps.
    std::uint64_t first_tag_ = 1;  ///< Of the first state.
    std::size_t unfinished_ = 0;
    std::size_t finished_ = 0;  ///< Not sent yet.
};

}  // namespace delivery::rabbitmq
