#include "unit/core/bus_doubles.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

namespace delivery::tests {

awaitable<std::vector<ports::publish_outcome>> scripted_publisher::publish(
    std::span<const ports::event_message> messages) {
    const executor where = co_await boost::asio::this_coro::executor;
    ++calls;
    std::vector<ports::publish_outcome> outcomes;
    for (const auto& message : messages) {
        wire.push_back(message.event);
        messages_seen.push_back(message);
        outcomes.push_back(answer(message.event));
    }
    if (takes > ports::duration::zero()) co_await clock_.make_timer(where)->wait(takes);
    while (is_held) co_await clock_.make_timer(where)->wait(std::chrono::milliseconds(1));
    co_return outcomes;
}

std::size_t scripted_publisher::count(const domain::uuid& order_id) const {
    return static_cast<std::size_t>(std::ranges::count(wire, order_id, &domain::order_event::order_id));
}

std::uint64_t scripted_consumer::deliver(std::expected<ports::event_message, std::string> content,
                                         bool redelivered) {
    queue_.push_back({.tag = {.connection = 1, .number = ++last_tag_},
                      .redelivered = redelivered,
                      .content = std::move(content),
                      .body = "body",
                      .message_id = "id",
                      .content_type = "application/json"});
    arrivals_.notify();
    return last_tag_;
}

awaitable<std::vector<ports::inbound_message>> scripted_consumer::receive(std::size_t max) {
    while ((queue_.empty() || is_paused_) && !is_stopped_) co_await arrivals_.wait(std::chrono::hours(1));
    std::vector<ports::inbound_message> messages;
    while (!queue_.empty() && !is_stopped_ && messages.size() < max) {
        messages.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    co_return messages;
}

void scripted_consumer::acknowledge(std::span<const ports::delivery_tag> tags) {
    for (const auto& tag : tags) acknowledged.push_back(tag.number);
    if (!tags.empty()) on_acknowledge();
}

void scripted_consumer::give_back(std::span<const ports::delivery_tag> tags) {
    for (const auto& tag : tags) given_back.push_back(tag.number);
}

awaitable<bool> scripted_consumer::dead_letter(const ports::inbound_message& message,
                                               const std::string& reason) {
    const executor where = co_await boost::asio::this_coro::executor;
    while (are_dead_letters_held) co_await clock_.make_timer(where)->wait(std::chrono::milliseconds(1));
    if (dead_letter_failures > 0) {
        --dead_letter_failures;
        co_return false;
    }
    dead_letters.emplace_back(message.tag.number, reason);
    co_return true;
}

void scripted_consumer::pause() {
    is_paused_ = true;
    for (const auto& message : queue_) given_back.push_back(message.tag.number);
    queue_.clear();
}

void scripted_consumer::resume() {
    is_paused_ = false;
    arrivals_.notify();
}

void scripted_consumer::stop() {
    is_stopped_ = true;
    arrivals_.notify();
}

}  // namespace delivery::tests
