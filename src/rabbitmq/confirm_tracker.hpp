#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/bus.hpp"
#include "ports/clock.hpp"

namespace delivery::rabbitmq {

/// A message as its publisher knows it: which request, and which of its messages.
struct message_key {
    std::uint64_t request = 0;
    std::size_t index = 0;

    friend bool operator==(const message_key&, const message_key&) = default;
};

struct settlement {
    message_key key;
    ports::publish_outcome outcome = ports::publish_outcome::failed;

    friend bool operator==(const settlement&, const settlement&) = default;
};

/// Matches the broker's confirms with the messages written to one channel in confirm mode. Every message is
/// settled exactly once. Does no I/O; time is what the caller says, on any clock that never goes back.
class confirm_tracker {
public:
    /// The next message has been written; the broker counts it as the next delivery tag, from 1.
    void sent(message_key key, std::string message_id, ports::instant deadline);

    /// The broker has sent a message back, which precedes its acknowledgement. A return names the message by
    /// its id only, so all unconfirmed ones of that id count as returned: a repeat is harmless, a false
    /// "confirmed" is not.
    void returned(std::string_view message_id);

    /// basic.ack and basic.nack: append what they settle. False where no such message is open, which means
    /// that both ends no longer agree and the connection must go.
    [[nodiscard]] bool acknowledged(std::uint64_t tag, bool multiple, std::vector<settlement>& settled);
    [[nodiscard]] bool refused(std::uint64_t tag, bool multiple, std::vector<settlement>& settled);

    /// Channel or connection are gone: all open messages have failed, and tags begin at 1 again.
    void lost(std::vector<settlement>& settled);

    [[nodiscard]] std::size_t unconfirmed() const { return open_; }

    /// When the oldest open message is due; nothing where none is open.
    [[nodiscard]] std::optional<ports::instant> next_deadline() const;

private:
    enum class state : std::uint8_t { open, returned, settled };

    struct entry {
        message_key key;
        std::string message_id;
        ports::instant deadline;
        confirm_tracker::state state = confirm_tracker::state::open;
    };

    [[nodiscard]] bool settle(std::uint64_t tag, bool multiple, bool is_ack,
                              std::vector<settlement>& settled);
    bool settle_entry(entry& message, bool is_ack, std::vector<settlement>& settled);
    void drop_settled();

    std::deque<entry> entries_;    ///< By tag, without gaps; the first is never settled.
    std::uint64_t first_tag_ = 1;  ///< Of the first entry.
    std::size_t open_ = 0;
};

}  // namespace delivery::rabbitmq
