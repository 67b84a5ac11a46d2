#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ports/bus.hpp"
#include "rabbitmq/ack_tracker.hpp"
#include "rabbitmq/completion.hpp"
#include "rabbitmq/connection_thread.hpp"
#include "rabbitmq/incoming_content.hpp"
#include "rabbitmq/link_status.hpp"

namespace delivery::rabbitmq {

using inbound_messages = std::vector<ports::inbound_message>;

/// Consumes the worker queue over one connection, hands messages to whoever waits, and sends
/// acknowledgements. The public calls are safe from any thread.
class consume_loop final : connection_user {
public:
    consume_loop(const options& settings, link_status& status, ports::clock& clock);
    ~consume_loop() override;

    /// Completes with 1 to `max` messages once there are any, or with none after `stop`. One call at a time.
    void receive(std::size_t max, completion<inbound_messages> done);
    void acknowledge(std::span<const ports::delivery_tag> tags);
    void give_back(std::span<const ports::delivery_tag> tags);

    /// Takes no more messages until `resume`; those that nobody has received yet go back to the queue.
    void pause();
    void resume();

    /// The same for ever.
    void stop();

    /// Stops, and ends once all acknowledgements are sent, after `patience` at the latest.
    void finish(std::chrono::milliseconds patience);
    void join() { thread_.join(); }

private:
    struct waiter {
        std::size_t max;
        completion<inbound_messages> done;
    };

    struct commands {
        std::vector<ports::delivery_tag> finished;
        std::vector<ports::delivery_tag> given_back;
    };

    void connected(connection& link) override;
    void disconnected() override;
    next_run run(connection* link) override;
    [[nodiscard]] bool is_drained() const override { return true; }

    void add(std::vector<ports::delivery_tag>& list, std::span<const ports::delivery_tag> tags);
    void take_finished(const std::vector<ports::delivery_tag>& tags);
    void give_back(connection& link, const std::vector<ports::delivery_tag>& tags);
    void send_acknowledgements(connection& link, std::size_t hold_limit);
    /// With the mutex held.
    [[nodiscard]] bool takes_messages() const { return !is_stopped_ && !is_paused_; }
    /// With the mutex held.
    void give_back_inbox();
    void consume(connection& link);
    void cancel(connection& link);
    /// Reads what is there, up to a bound; true where that bound was reached and more may be there.
    bool read_frames(connection& link);
    void hand_over();
    inbound_messages take_from_inbox(std::size_t max);

    const options& settings_;
    ports::clock& clock_;

    std::mutex mutex_;
    std::deque<ports::inbound_message> inbox_;
    std::optional<waiter> waiter_;
    commands commands_;
    bool is_paused_ = false;
    bool is_stopped_ = false;
    bool is_finishing_ = false;

    ack_tracker acks_;
    content_assembler deliveries_;
    inbound_messages arrived_;
    std::uint64_t epoch_ = 0;   ///< Number of the connection; tags of earlier ones mean nothing.
    std::string consumer_tag_;  ///< While there is a consumer at the broker; then not empty.
    std::uint64_t consumers_ = 0;
    std::optional<ports::instant> acks_due_;

    connection_thread thread_;  ///< Last, so that it ends first.
};

}  // namespace delivery::rabbitmq
