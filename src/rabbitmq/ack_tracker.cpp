#include "rabbitmq/ack_tracker.hpp"

namespace delivery::rabbitmq {

bool ack_tracker::delivered(std::uint64_t tag) {
    if (tag != first_tag_ + states_.size()) return false;
    states_.push_back(state::unfinished);
    ++unfinished_;
    return true;
}

void ack_tracker::finished(std::uint64_t tag) {
    auto* found = find(tag);
    if (found == nullptr || *found != state::unfinished) return;
    *found = state::finished;
    --unfinished_;
    ++finished_;
}

bool ack_tracker::give_back(std::uint64_t tag) {
    auto* found = find(tag);
    if (found == nullptr || *found != state::unfinished) return false;
    *found = state::sent;
    --unfinished_;
    return true;
}

std::vector<acknowledgement> ack_tracker::flush(std::size_t hold_limit) {
    std::vector<acknowledgement> result;
    if (finished_ == 0) return result;

    std::uint64_t last = 0;
    std::size_t covered = 0;
    while (!states_.empty() && states_.front() != state::unfinished) {
        if (states_.front() == state::finished) {
            last = first_tag_;
            ++covered;
        }
        states_.pop_front();
        ++first_tag_;
    }
    if (covered > 0) result.push_back({.tag = last, .multiple = covered > 1});
    finished_ -= covered;

    if (finished_ > hold_limit) {
        for (std::size_t i = 0; i < states_.size(); ++i) {
            if (states_[i] != state::finished) continue;
            states_[i] = state::sent;
            result.push_back({.tag = first_tag_ + i, .multiple = false});
        }
        finished_ = 0;
    }
    return result;
}

void ack_tracker::lost() { *this = ack_tracker{}; }

ack_tracker::state* ack_tracker::find(std::uint64_t tag) {
    if (tag < first_tag_ || tag >= first_tag_ + states_.size()) return nullptr;
    return &states_[static_cast<std::size_t>(tag - first_tag_)];
}

}  // namespace delivery::rabbitmq
