#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <variant>
#include <vector>

#include "ports/bus.hpp"
#include "rabbitmq/completion.hpp"
#include "rabbitmq/confirm_tracker.hpp"
#include "rabbitmq/connection_thread.hpp"
#include "rabbitmq/incoming_content.hpp"
#include "rabbitmq/link_status.hpp"
#include "rabbitmq/message_format.hpp"
#include "rabbitmq/pausable_clock.hpp"

namespace delivery::rabbitmq {

using publish_outcomes = std::vector<ports::publish_outcome>;

/// Events, which the waiting caller keeps alive, or one dead letter.
using publish_content = std::variant<std::span<const ports::event_message>, dead_letter_copy>;

/// Publishes requests in turn over one connection and answers each when all its messages are settled. A
/// request waits for a connection, or for room, for half the confirm deadline; once written, it has the other
/// half left at least.
class publish_loop final : connection_user {
public:
    publish_loop(const options& settings, link_status& status, ports::clock& clock);
    ~publish_loop() override;

    /// Safe to call from any thread. Completes on the loop's thread, after `finish` at once with failure.
    void submit(publish_content content, completion<publish_outcomes> done);

    /// Accepts nothing more and ends when all is settled, after `patience` at the latest; the rest has failed
    /// then.
    void finish(std::chrono::milliseconds patience);
    void join();

private:
    struct request {
        publish_content content;
        completion<publish_outcomes> done;
        ports::instant submitted;  ///< On `deadlines_` once the loop has taken it.
        publish_outcomes outcomes;
        std::size_t written = 0;
        std::size_t settled = 0;
    };

    void connected(connection& link) override;
    void disconnected() override;
    next_run run(connection* link) override;
    [[nodiscard]] bool is_drained() const override;

    void take_submitted();
    void read_frames(connection& link);
    void take_method(const amqp_method_t& method);
    void write_waiting(connection& link);
    void write_next(connection& link, std::uint64_t id, request& next);
    void give_up_waiting(ports::instant now);
    void fail_unwritten(std::uint64_t id);
    void fail_everything();
    void apply_settled();
    void settle(std::uint64_t id, std::size_t index, ports::publish_outcome outcome);
    [[nodiscard]] bool may_write() const;
    [[nodiscard]] next_run plan() const;

    const options& settings_;
    link_status& status_;
    ports::clock& clock_;

    std::mutex mutex_;
    std::vector<request> submitted_;
    bool is_closed_ = false;

    pausable_clock deadlines_;
    confirm_tracker confirms_;
    content_assembler returns_;
    bool has_unroutable_ = false;  ///< A message came back: nothing more is written on this connection.
    std::unordered_map<std::uint64_t, request> requests_;
    std::deque<std::uint64_t> waiting_;  ///< Requests with messages that are not written.
    std::vector<settlement> settled_;
    std::uint64_t next_id_ = 0;

    connection_thread thread_;  ///< Last, so that it ends first.
};

}  // namespace delivery::rabbitmq
