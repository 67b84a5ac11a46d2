#include "rabbitmq/consume_loop.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "rabbitmq/connection.hpp"
#include "rabbitmq/message_format.hpp"
#include "rabbitmq/topology.hpp"

namespace delivery::rabbitmq {
namespace {

/// Messages read before the worker gets them: it can begin while the rest is being read.
constexpr std::size_t reads_in_one_go = 256;
/// Acknowledgements wait this long for more: to a quorum queue each is an entry of its log, however many
/// messages it covers, and a lost one only repeats what changes nothing the second time.
constexpr std::chrono::milliseconds ack_pause{5};

}  // namespace

consume_loop::consume_loop(const options& settings, link_status& status, ports::clock& clock)
    : settings_(settings), clock_(clock), thread_(settings, "consumer", *this, status, clock) {}

consume_loop::~consume_loop() {
    finish(std::chrono::milliseconds(0));
    join();
}

void consume_loop::receive(std::size_t max, completion<inbound_messages> done) {
    std::unique_lock lock(mutex_);
    if (inbox_.empty() && !is_stopped_) {
        waiter_.emplace(max, std::move(done));
        return;
    }
    auto messages = take_from_inbox(max);
    lock.unlock();
    done(std::move(messages));
}

void consume_loop::acknowledge(std::span<const ports::delivery_tag> tags) { add(commands_.finished, tags); }

void consume_loop::give_back(std::span<const ports::delivery_tag> tags) { add(commands_.given_back, tags); }

void consume_loop::add(std::vector<ports::delivery_tag>& list, std::span<const ports::delivery_tag> tags) {
    {
        const std::lock_guard lock(mutex_);
        list.insert(list.end(), tags.begin(), tags.end());
    }
    thread_.wake();
}

void consume_loop::pause() {
    {
        const std::lock_guard lock(mutex_);
        is_paused_ = true;
        give_back_inbox();
    }
    thread_.wake();
}

void consume_loop::resume() {
    {
        const std::lock_guard lock(mutex_);
        is_paused_ = false;
    }
    thread_.wake();
}

void consume_loop::stop() {
    std::optional<waiter> ended;
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(is_stopped_, true)) return;
        ended = std::exchange(waiter_, std::nullopt);
        give_back_inbox();
    }
    thread_.wake();
    if (ended) ended->done({});
}

void consume_loop::give_back_inbox() {
    for (const auto& message : inbox_) commands_.given_back.push_back(message.tag);
    inbox_.clear();
}

void consume_loop::finish(std::chrono::milliseconds patience) {
    stop();
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(is_finishing_, true)) return;
    }
    thread_.finish(patience);
}

// Consumes at once, for only a connection on which that is allowed counts as one that works.
void consume_loop::connected(connection& link) {
    ++epoch_;
    consumer_tag_.clear();
    amqp_basic_qos(link.state(), connection::channel, 0, settings_.prefetch, 0);
    link.check_reply("setting the prefetch");
    bool takes_more = false;
    {
        const std::lock_guard lock(mutex_);
        takes_more = takes_messages();
    }
    if (takes_more) consume(link);
}

void consume_loop::disconnected() {
    acks_.lost();
    acks_due_.reset();
    deliveries_ = {};
    arrived_.clear();
    const std::lock_guard lock(mutex_);
    inbox_.clear();
}

connection_user::next_run consume_loop::run(connection* link) {
    commands orders;
    bool takes_more = false;
    bool is_finishing = false;
    {
        const std::lock_guard lock(mutex_);
        std::swap(orders, commands_);
        takes_more = takes_messages();
        is_finishing = is_finishing_;
    }
    if (link == nullptr) return {};
    if (takes_more) {
        consume(*link);
    } else {
        cancel(*link);
    }
    const bool is_more = read_frames(*link);
    hand_over();
    take_finished(orders.finished);
    give_back(*link, orders.given_back);
    const auto now = clock_.monotonic();
    if (is_finishing || acks_.unsent() >= settings_.prefetch / 4U || (acks_due_ && now >= *acks_due_)) {
        send_acknowledgements(*link, is_finishing ? 0U : settings_.prefetch / 2U);
    }
    return {.at = is_more ? now : acks_due_};
}

// Each time with a tag of its own: a quorum queue remembers a consumer that was cancelled for as long as it
// has messages, and would count on where that one ended.
void consume_loop::consume(connection& link) {
    if (!consumer_tag_.empty()) return;
    consumer_tag_ = fmt::format("delivery-{}", ++consumers_);
    amqp_basic_consume(link.state(), connection::channel, to_bytes(worker_queue), to_bytes(consumer_tag_), 0,
                       0, 0, amqp_empty_table);
    link.check_reply("consuming");
}

void consume_loop::cancel(connection& link) {
    if (consumer_tag_.empty()) return;
    amqp_basic_cancel_t request{.consumer_tag = to_bytes(consumer_tag_), .nowait = 1};
    link.check(amqp_send_method(link.state(), connection::channel, AMQP_BASIC_CANCEL_METHOD, &request),
               "cancelling");
    consumer_tag_.clear();
}

bool consume_loop::read_frames(connection& link) {
    while (arrived_.size() < reads_in_one_go) {
        const auto* frame = link.read();
        if (frame == nullptr) return false;
        if (frame->frame_type == AMQP_FRAME_METHOD && frame->payload.method.id == AMQP_BASIC_CANCEL_METHOD) {
            throw connection_error("the broker cancelled the consumer: its queue was deleted or moved");
        }
        auto content = deliveries_.take(*frame);
        if (!deliveries_.is_consistent()) throw connection_error("the broker's frames make no sense");
        if (!content) continue;
        if (!acks_.delivered(content->delivery_tag))
            throw connection_error("the broker skipped a delivery tag");
        arrived_.push_back(to_inbound(std::move(*content), epoch_));
    }
    return true;
}

void consume_loop::hand_over() {
    if (arrived_.empty()) return;
    std::optional<waiter> ready;
    inbound_messages messages;
    {
        const std::lock_guard lock(mutex_);
        if (!takes_messages()) {
            for (const auto& message : arrived_) commands_.given_back.push_back(message.tag);
            thread_.wake();
        } else {
            std::ranges::move(arrived_, std::back_inserter(inbox_));
            ready = std::exchange(waiter_, std::nullopt);
            if (ready) messages = take_from_inbox(ready->max);
        }
    }
    arrived_.clear();
    if (ready) ready->done(std::move(messages));
}

void consume_loop::take_finished(const std::vector<ports::delivery_tag>& tags) {
    for (const auto& tag : tags) {
        if (tag.connection == epoch_) acks_.finished(tag.number);
    }
    if (acks_.unsent() > 0 && !tags.empty() && !acks_due_) acks_due_ = clock_.monotonic() + ack_pause;
}

void consume_loop::send_acknowledgements(connection& link, std::size_t hold_limit) {
    acks_due_.reset();
    const auto acknowledgements = acks_.flush(hold_limit);
    if (acknowledgements.empty()) return;
    const corked packets(link);
    for (const auto& [tag, multiple] : acknowledgements) {
        link.check(amqp_basic_ack(link.state(), connection::channel, tag, multiple ? 1 : 0), "acknowledging");
    }
}

void consume_loop::give_back(connection& link, const std::vector<ports::delivery_tag>& tags) {
    if (tags.empty()) return;
    const corked packets(link);
    for (const auto& tag : tags) {
        if (tag.connection != epoch_ || !acks_.give_back(tag.number)) continue;
        link.check(amqp_basic_nack(link.state(), connection::channel, tag.number, 0, 1), "giving back");
    }
}

inbound_messages consume_loop::take_from_inbox(std::size_t max) {
    const auto end =
        inbox_.begin() + static_cast<std::ptrdiff_t>(std::min(std::max<std::size_t>(max, 1), inbox_.size()));
    inbound_messages result(std::make_move_iterator(inbox_.begin()), std::make_move_iterator(end));
    inbox_.erase(inbox_.begin(), end);
    return result;
}

}  // namespace delivery::rabbitmq
