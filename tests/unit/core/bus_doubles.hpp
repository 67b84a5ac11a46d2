#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/wakeup.hpp"
#include "ports/bus.hpp"

namespace delivery::tests {

/// Answers for each event as it is told, and remembers what was published.
class scripted_publisher final : public ports::publisher {
public:
    explicit scripted_publisher(ports::clock& clock) : clock_(clock) {}

    awaitable<std::vector<ports::publish_outcome>> publish(
        std::span<const ports::event_message> messages) override;

    [[nodiscard]] std::size_t count(const domain::uuid& order_id) const;

    std::function<ports::publish_outcome(const domain::order_event&)> answer =
        [](const domain::order_event&) { return ports::publish_outcome::confirmed; };
    std::vector<domain::order_event> wire;
    std::vector<ports::event_message> messages_seen;
    std::size_t calls = 0;
    bool is_held = false;
    ports::duration takes{0};

private:
    ports::clock& clock_;
};

/// Delivers what it is given, and remembers what became of it.
class scripted_consumer final : public ports::consumer {
public:
    scripted_consumer(ports::clock& clock, const executor& where) : clock_(clock), arrivals_(clock, where) {}

    /// Answers the number of its tag.
    std::uint64_t deliver(std::expected<ports::event_message, std::string> content, bool redelivered = false);

    awaitable<std::vector<ports::inbound_message>> receive(std::size_t max) override;
    void acknowledge(std::span<const ports::delivery_tag> tags) override;
    void give_back(std::span<const ports::delivery_tag> tags) override;
    awaitable<bool> dead_letter(const ports::inbound_message& message, const std::string& reason) override;
    void pause() override;
    void resume() override;
    void stop() override;

    std::vector<std::uint64_t> acknowledged;
    std::vector<std::uint64_t> given_back;
    std::vector<std::pair<std::uint64_t, std::string>> dead_letters;
    int dead_letter_failures = 0;
    bool are_dead_letters_held = false;
    std::function<void()> on_acknowledge = [] {};

private:
    ports::clock& clock_;
    core::wakeup arrivals_;
    std::deque<ports::inbound_message> queue_;
    std::uint64_t last_tag_ = 0;
    bool is_paused_ = false;
    bool is_stopped_ = false;
};

}  // namespace delivery::tests
