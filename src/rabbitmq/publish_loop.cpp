#include "rabbitmq/publish_loop.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "rabbitmq/connection.hpp"

namespace delivery::rabbitmq {
namespace {

/// Messages on their way to the broker or its disk. Enough to keep it busy, few enough to lose sight of none.
constexpr std::size_t window = 2048;
/// Messages written between looks at whether the broker still reads.
constexpr std::size_t writes_between_looks = 32;

std::size_t size_of(const publish_content& content) {
    const auto* events = std::get_if<std::span<const ports::event_message>>(&content);
    return events == nullptr ? 1 : events->size();
}

}  // namespace

publish_loop::publish_loop(const options& settings, link_status& status, ports::clock& clock)
    : settings_(settings),
      status_(status),
      clock_(clock),
      thread_(settings, "publisher", *this, status, clock) {}

publish_loop::~publish_loop() {
    finish(std::chrono::milliseconds(0));
    join();
}

void publish_loop::submit(publish_content content, completion<publish_outcomes> done) {
    const auto size = size_of(content);
    request added{.content = std::move(content),
                  .done = std::move(done),
                  .submitted = clock_.monotonic(),
                  .outcomes = publish_outcomes(size, ports::publish_outcome::failed)};
    bool is_first = false;
    std::optional<request> refused;
    {
        const std::lock_guard lock(mutex_);
        if (is_closed_) {
            refused = std::move(added);
        } else {
            is_first = submitted_.empty();
            submitted_.push_back(std::move(added));
        }
    }
    if (is_first) thread_.wake();
    if (refused) refused->done(std::move(refused->outcomes));
}

void publish_loop::finish(std::chrono::milliseconds patience) {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(is_closed_, true)) return;
    }
    thread_.finish(patience);
}

void publish_loop::join() {
    thread_.join();
    fail_everything();
}

void publish_loop::connected(connection& link) {
    amqp_confirm_select(link.state(), connection::channel);
    link.check_reply("asking for confirms");
    returns_ = {};
    has_unroutable_ = false;
}

void publish_loop::disconnected() {
    confirms_.lost(settled_);
    deadlines_.resume(clock_.monotonic());
    // The rest of a request that was being written fails with its beginning: sent later, it would overtake
    // it.
    if (!waiting_.empty() && requests_.at(waiting_.front()).written > 0) fail_unwritten(waiting_.front());
    apply_settled();
}

connection_user::next_run publish_loop::run(connection* link) {
    take_submitted();
    if (link != nullptr) read_frames(*link);
    if (!deadlines_.is_paused()) {
        const auto now = deadlines_.at(clock_.monotonic());
        give_up_waiting(now);
        if (const auto deadline = confirms_.next_deadline(); deadline && *deadline <= now) {
            throw connection_error("the broker did not confirm in time");
        }
    }
    if (link != nullptr) write_waiting(*link);
    return plan();
}

bool publish_loop::is_drained() const { return requests_.empty(); }

void publish_loop::take_submitted() {
    std::vector<request> taken;
    {
        const std::lock_guard lock(mutex_);
        taken.swap(submitted_);
    }
    for (auto& added : taken) {
        added.submitted = deadlines_.at(added.submitted);
        waiting_.push_back(next_id_);
        requests_.emplace(next_id_++, std::move(added));
    }
}

void publish_loop::read_frames(connection& link) {
    while (const auto* frame = link.read()) {
        if (frame->frame_type == AMQP_FRAME_METHOD) take_method(frame->payload.method);
        if (const auto content = returns_.take(*frame)) {
            confirms_.returned(content->message_id);
            has_unroutable_ = true;
        }
        if (!returns_.is_consistent()) throw connection_error("the broker's frames make no sense");
    }
    apply_settled();
    if (has_unroutable_ && confirms_.unconfirmed() == 0) {
        throw connection_error("a message found no queue; a new connection declares the queues anew");
    }
}

void publish_loop::take_method(const amqp_method_t& method) {
    bool is_known = true;
    switch (method.id) {
        case AMQP_BASIC_ACK_METHOD: {
            const auto& ack = *static_cast<const amqp_basic_ack_t*>(method.decoded);
            is_known = confirms_.acknowledged(ack.delivery_tag, ack.multiple != 0, settled_);
            break;
        }
        case AMQP_BASIC_NACK_METHOD: {
            const auto& nack = *static_cast<const amqp_basic_nack_t*>(method.decoded);
            is_known = confirms_.refused(nack.delivery_tag, nack.multiple != 0, settled_);
            break;
        }
        case AMQP_CONNECTION_BLOCKED_METHOD: {
            const auto& blocked = *static_cast<const amqp_connection_blocked_t*>(method.decoded);
            deadlines_.pause(clock_.monotonic());
            status_.blocked(std::string(to_view(blocked.reason)));
            break;
        }
        case AMQP_CONNECTION_UNBLOCKED_METHOD:
            deadlines_.resume(clock_.monotonic());
            status_.unblocked();
            break;
        default: break;
    }
    if (!is_known) throw connection_error("the broker confirmed a message that was not open");
}

bool publish_loop::may_write() const {
    return !waiting_.empty() && !deadlines_.is_paused() && !has_unroutable_ &&
           confirms_.unconfirmed() < window;
}

void publish_loop::write_waiting(connection& link) {
    if (!may_write()) return;
    const corked packets(link);
    while (may_write() && link.is_writable()) {
        for (std::size_t i = 0; i < writes_between_looks && may_write(); ++i) {
            const auto id = waiting_.front();
            auto& next = requests_.at(id);
            write_next(link, id, next);
            if (next.written == next.outcomes.size()) waiting_.pop_front();
        }
    }
}

void publish_loop::write_next(connection& link, std::uint64_t id, request& next) {
    const auto index = next.written++;
    // Tracked before it is written: whatever happens in writing, its outcome is unknown from here.
    const auto track = [&](const std::string& message_id) {
        confirms_.sent({.request = id, .index = index}, message_id,
                       next.submitted + settings_.confirm_deadline);
    };
    if (const auto* letter = std::get_if<dead_letter_copy>(&next.content)) {
        track(letter->message_id);
        publish_dead_letter(link, *letter);
    } else {
        const auto& message = std::get<std::span<const ports::event_message>>(next.content)[index];
        const auto message_id = message.event.id.to_string();
        track(message_id);
        publish_event(link, message, message_id);
    }
}

void publish_loop::give_up_waiting(ports::instant now) {
    while (!waiting_.empty() &&
           requests_.at(waiting_.front()).submitted + settings_.confirm_deadline / 2 <= now) {
        fail_unwritten(waiting_.front());
    }
}

void publish_loop::fail_unwritten(std::uint64_t id) {
    std::erase(waiting_, id);
    const auto& abandoned = requests_.at(id);
    const auto begin = abandoned.written;
    const auto end = abandoned.outcomes.size();
    for (auto index = begin; index < end; ++index) settle(id, index, ports::publish_outcome::failed);
}

void publish_loop::fail_everything() {
    take_submitted();
    confirms_.lost(settled_);
    apply_settled();
    while (!waiting_.empty()) fail_unwritten(waiting_.front());
}

void publish_loop::apply_settled() {
    for (const auto& [key, outcome] : settled_) settle(key.request, key.index, outcome);
    settled_.clear();
}

void publish_loop::settle(std::uint64_t id, std::size_t index, ports::publish_outcome outcome) {
    const auto found = requests_.find(id);
    auto& settling = found->second;
    settling.outcomes[index] = outcome;
    if (++settling.settled < settling.outcomes.size()) return;
    settling.done(std::move(settling.outcomes));
    requests_.erase(found);
}

connection_user::next_run publish_loop::plan() const {
    next_run result{.at = std::nullopt, .when_writable = may_write()};
    if (const auto deadline = confirms_.next_deadline()) result.at = deadlines_.when(*deadline);
    if (!waiting_.empty()) {
        const auto deadline = requests_.at(waiting_.front()).submitted + settings_.confirm_deadline / 2;
        if (const auto at = deadlines_.when(deadline))
            result.at = result.at ? std::min(*result.at, *at) : *at;
    }
    return result;
}

}  // namespace delivery::rabbitmq
