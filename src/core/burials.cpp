#include "core/burials.hpp"

#include <chrono>
#include <cstddef>
#include <utility>

#include "core/trace_context.hpp"

namespace delivery::core {
namespace {

/// With more messages than these, whoever adds one waits.
constexpr std::size_t waiting_max = 64;
constexpr backoff::limits retry_pause{.first = std::chrono::milliseconds(50),
                                      .most = std::chrono::seconds(1)};

}  // namespace

burials::burials(const surroundings& around, ports::consumer& consumer,
                 std::function<void(const ports::inbound_message&)> on_buried)
    : around_(around),
      consumer_(consumer),
      on_buried_(std::move(on_buried)),
      random_(around_.draw_seed()),
      tasks_(around_.clock, around_.where),
      room_bell_(around_.clock, around_.where),
      retry_bell_(around_.clock, around_.where) {}

awaitable<void> burials::add(const ports::inbound_message& message, std::string reason) {
    while (waiting_.size() >= waiting_max && !is_stopping_) co_await room_bell_.wait(std::chrono::hours(1));
    waiting_.push_back({.message = message, .reason = std::move(reason)});
    if (waiting_.size() == 1) tasks_.start(bury_waiting());
}

void burials::stop() {
    is_stopping_ = true;
    room_bell_.notify();
    retry_bell_.notify();
}

awaitable<void> burials::bury_waiting() {
    while (!waiting_.empty()) {
        co_await bury(waiting_.front());
        waiting_.pop_front();
        room_bell_.notify();
    }
}

awaitable<void> burials::bury(const burial& next) {
    backoff pauses(retry_pause, random_());
    while (!co_await consumer_.dead_letter(next.message, next.reason)) {
        around_.logger.warn("dead letter was not stored and is tried again",
                            {{"error", std::string_view(next.reason)}});
        if (!is_stopping_) co_await retry_bell_.wait(pauses.next());
        if (is_stopping_) {
            consumer_.give_back({&next.message.tag, 1});
            co_return;
        }
    }
    around_.metrics.dead_lettered();
    on_buried_(next.message);
    note(next);
}

void burials::note(const burial& done) {
    const auto& content = done.message.content;
    const auto order_id = content ? content->event.order_id.to_string() : std::string();
    const auto trace_id = content ? trace_id_of(content->traceparent) : std::string_view();
    around_.logger.error("message can never succeed and is a dead letter now",
                         {{"error", std::string_view(done.reason)},
                          {"message_id", std::string_view(done.message.message_id)},
                          {"order_id", order_id},
                          {"trace_id", trace_id}});
}

}  // namespace delivery::core
