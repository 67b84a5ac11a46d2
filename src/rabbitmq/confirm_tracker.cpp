#include "rabbitmq/confirm_tracker.hpp"

#include <utility>

namespace delivery::rabbitmq {

void confirm_tracker::sent(message_key key, std::string message_id, ports::instant deadline) {
    entries_.push_back({.key = key, .message_id = std::move(message_id), .deadline = deadline});
    ++open_;
}

void confirm_tracker::returned(std::string_view message_id) {
    // Returns are rare and the window is small, so a search is cheaper than an index that every message pays
    // for.
    for (auto& message : entries_) {
        if (message.state == state::open && message.message_id == message_id) message.state = state::returned;
    }
}

bool confirm_tracker::acknowledged(std::uint64_t tag, bool multiple, std::vector<settlement>& settled) {
    return settle(tag, multiple, true, settled);
}

bool confirm_tracker::refused(std::uint64_t tag, bool multiple, std::vector<settlement>& settled) {
    return settle(tag, multiple, false, settled);
}

void confirm_tracker::lost(std::vector<settlement>& settled) {
    for (const auto& message : entries_) {
        if (message.state != state::settled) settled.push_back({message.key, ports::publish_outcome::failed});
    }
    entries_.clear();
    first_tag_ = 1;
    open_ = 0;
}

std::optional<ports::instant> confirm_tracker::next_deadline() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.front().deadline;
}

bool confirm_tracker::settle(std::uint64_t tag, bool multiple, bool is_ack,
                             std::vector<settlement>& settled) {
    const auto end_tag = first_tag_ + entries_.size();
    if (multiple && tag == 0) tag = end_tag - 1;  // "All so far", as AMQP has it.
    if (tag < first_tag_ || tag >= end_tag) return false;
    const auto last = static_cast<std::size_t>(tag - first_tag_);
    bool any = false;
    for (std::size_t i = multiple ? 0 : last; i <= last; ++i)
        any |= settle_entry(entries_[i], is_ack, settled);
    drop_settled();
    return any;
}

bool confirm_tracker::settle_entry(entry& message, bool is_ack, std::vector<settlement>& settled) {
    if (message.state == state::settled) return false;
    const auto acked = message.state == state::returned ? ports::publish_outcome::returned
                                                        : ports::publish_outcome::confirmed;
    settled.push_back({message.key, is_ack ? acked : ports::publish_outcome::refused});
    message.state = state::settled;
    --open_;
    return true;
}

void confirm_tracker::drop_settled() {
    while (!entries_.empty() && entries_.front().state == state::settled) {
        entries_.pop_front();
        ++first_tag_;
    }
}

}  // namespace delivery::rabbitmq
