#include "memory/channel.hpp"

#include <ranges>

#include "core/message_codec.hpp"

namespace delivery::memory {

bool channel::publish(const std::shared_ptr<publication>& call,
                      std::span<const ports::event_message> messages) {
    std::function<void()> notify;
    {
        const std::lock_guard lock(mutex_);
        call->outcomes.assign(messages.size(), ports::publish_outcome::confirmed);
        for (std::size_t i = 0; i < messages.size(); ++i) {
            if (!core::has_consumer(messages[i].event.status)) continue;
            call->outcomes[i] = ports::publish_outcome::failed;
            if (!on_arrival_ || queue_.size() >= queue_max_) continue;
            ++call->open;
            queue_.push_back({.message = messages[i], .call = call, .index = i});
        }
        if (call->open > 0) notify = on_arrival_;
    }
    if (notify) notify();
    return static_cast<bool>(notify);
}

std::vector<ports::publish_outcome> channel::abandon(publication& call) {
    const std::lock_guard lock(mutex_);
    call.is_abandoned = true;
    return call.outcomes;
}

void channel::attach(std::function<void()> on_arrival) {
    const std::lock_guard lock(mutex_);
    on_arrival_ = std::move(on_arrival);
}

void channel::refuse() {
    std::vector<std::function<void()>> calls;
    {
        const std::lock_guard lock(mutex_);
        on_arrival_ = nullptr;
        for (const auto& waiting : queue_) settle(waiting, ports::publish_outcome::failed, calls);
        queue_.clear();
    }
    for (const auto& call : calls) call();
}

void channel::detach() {
    refuse();
    std::vector<std::function<void()>> calls;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [tag, taken] : unsettled_) settle(taken, ports::publish_outcome::failed, calls);
        unsettled_.clear();
    }
    for (const auto& call : calls) call();
}

std::vector<ports::inbound_message> channel::take(std::size_t max) {
    const std::lock_guard lock(mutex_);
    std::vector<ports::inbound_message> messages;
    while (!queue_.empty() && messages.size() < max) {
        auto next = std::move(queue_.front());
        queue_.pop_front();
        if (next.call->is_abandoned) continue;
        messages.push_back({.tag = {.connection = 0, .number = ++last_tag_},
                            .redelivered = next.redelivered,
                            .content = next.message,
                            .body = core::encode_body(next.message.event),
                            .message_id = next.message.event.id.to_string()});
        unsettled_.emplace(last_tag_, std::move(next));
    }
    return messages;
}

void channel::settle(std::span<const ports::delivery_tag> tags) {
    std::vector<std::function<void()>> calls;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& tag : tags) {
            const auto found = unsettled_.find(tag.number);
            if (found == unsettled_.end()) continue;
            settle(found->second, ports::publish_outcome::confirmed, calls);
            unsettled_.erase(found);
        }
    }
    for (const auto& call : calls) call();
}

void channel::give_back(std::span<const ports::delivery_tag> tags) {
    std::vector<std::function<void()>> calls;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& tag : std::views::reverse(tags)) {
            const auto found = unsettled_.find(tag.number);
            if (found == unsettled_.end()) continue;
            if (on_arrival_) {
                found->second.redelivered = true;
                queue_.push_front(std::move(found->second));
            } else {
                settle(found->second, ports::publish_outcome::failed, calls);
            }
            unsettled_.erase(found);
        }
        if (on_arrival_ && !queue_.empty()) calls.push_back(on_arrival_);
    }
    for (const auto& call : calls) call();
}

void channel::settle(const entry& done, ports::publish_outcome outcome,
                     std::vector<std::function<void()>>& calls) {
    auto& call = *done.call;
    call.outcomes.at(done.index) = outcome;
    if (--call.open == 0 && !call.is_abandoned) calls.push_back(call.on_settled);
}

}  // namespace delivery::memory
