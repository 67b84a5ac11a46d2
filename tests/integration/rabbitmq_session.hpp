#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "contract/real_clock.hpp"
#include "rabbitmq/bus_factory.hpp"
#include "support/fakes.hpp"

namespace delivery::tests {

using publish_outcomes = std::vector<ports::publish_outcome>;
using inbound_messages = std::vector<ports::inbound_message>;
using event_messages = std::vector<ports::event_message>;

/// One process with a bus on RabbitMQ: a reactor on a thread of its own, and calls that block the test's
/// thread.
class rabbitmq_session {
public:
    /// With short deadlines (heartbeat 1 s, confirms 4 s), so that faults are noticed while a test waits.
    explicit rabbitmq_session(const std::string& url, std::uint16_t prefetch = 1024);
    explicit rabbitmq_session(const rabbitmq::options& settings);
    ~rabbitmq_session();

    ports::bus& bus() { return *bus_; }
    recording_logger& log() { return log_; }
    /// Made by the first call.
    ports::consumer& consumer();

    /// Waits until the bus has no fault, or has one.
    bool is_usable_soon();
    bool is_faulty_soon();

    std::future<publish_outcomes> start_publishing(event_messages batch);
    publish_outcomes publish(event_messages batch) { return start_publishing(std::move(batch)).get(); }
    /// Receives until there are `count` or nothing has come for `limit`, without acknowledging. A wait that
    /// ended so goes on with the next call.
    inbound_messages receive(std::size_t count, std::chrono::milliseconds limit = std::chrono::seconds(20));
    /// Whatever there is, up to `max`, once there is any; nothing where nothing comes within `limit`.
    inbound_messages receive_some(std::size_t max,
                                  std::chrono::milliseconds limit = std::chrono::seconds(20));
    void acknowledge(const inbound_messages& done);
    bool dead_letter(const ports::inbound_message& message, const std::string& reason);

private:
    recording_logger log_;
    real_clock clock_;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::thread reactor_;
    std::unique_ptr<ports::bus> bus_;
    std::unique_ptr<ports::consumer> consumer_;
    std::future<inbound_messages> receiving_;  ///< A wait that nobody has waited out yet.
};

/// Messages of new orders, all at version 1.
event_messages make_event_messages(std::size_t count, domain::status status = domain::status::received);

/// How many outcomes are of a kind.
std::size_t count_of(const publish_outcomes& outcomes, ports::publish_outcome kind);

/// The ids of the events, sorted, each once.
std::vector<domain::uuid> event_ids(const inbound_messages& messages);
std::vector<domain::uuid> event_ids(const event_messages& messages);

}  // namespace delivery::tests
