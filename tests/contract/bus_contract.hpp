#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "contract/real_clock.hpp"
#include "ports/bus.hpp"
#include "support/run_coroutine.hpp"

namespace delivery::tests {

/// A broker with nothing in its queues.
class bus_broker {
public:
    virtual ~bus_broker() = default;

    /// A bus of one process on this broker. One at a time where `is_shared` is false. The bus may not be
    /// ready yet.
    virtual std::unique_ptr<ports::bus> open(executor where, ports::clock& clock) = 0;

    /// The bodies among the dead letters so far, with their reasons.
    struct dead_letter {
        std::string body;
        std::string reason;
    };
    virtual std::vector<dead_letter> dead_letters() = 0;

    /// Puts a body on the worker queue that no publisher of ours would; false where that cannot be done.
    virtual bool inject(const std::string& body) = 0;

    /// Whether confirmed messages outlive their bus, and several buses may be open at once.
    [[nodiscard]] virtual bool is_shared() const { return true; }
};

/// What the suite runs against: INSTANTIATE_TEST_SUITE_P(rabbitmq, bus_contract, testing::Values(adapter)).
struct bus_adapter {
    std::string name;
    std::function<std::unique_ptr<bus_broker>()> make_broker;

    friend void PrintTo(const bus_adapter& adapter, std::ostream* out) { *out << adapter.name; }
};

/// The promises of `ports::bus`, which every adapter has to keep. A bus may confirm when a message is safe,
/// or only once it is acknowledged: tests finish their messages before they look at outcomes.
class bus_contract : public testing::TestWithParam<bus_adapter> {
protected:
    using outcomes = std::vector<ports::publish_outcome>;
    using messages = std::vector<ports::inbound_message>;

    bus_contract();
    ~bus_contract() override;

    bus_broker& broker() { return *broker_; }
    ports::bus& bus() { return *bus_; }
    ports::consumer& consumer() { return *consumer_; }
    boost::asio::io_context& context() { return context_; }

    /// Runs one call to its end, on this thread.
    template <typename T>
    T run(awaitable<T> call) {
        return run_coroutine(context_, std::move(call));
    }
    /// Begins a call that overlaps with others until `finish`.
    template <typename T>
    std::future<T> start(awaitable<T> call) {
        auto result = boost::asio::co_spawn(context_, std::move(call), boost::asio::use_future);
        poll();
        return result;
    }
    template <typename T>
    T finish(std::future<T>& result) {
        return finish_coroutine(context_, result);
    }
    /// Lets the context do what it can do at once.
    void poll();
    /// Whether a call is still unanswered a little later.
    template <typename T>
    bool is_open(const std::future<T>& result) {
        context_.restart();
        context_.run_for(std::chrono::milliseconds(100));
        return result.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
    }

    /// Messages of new orders, all at version 1.
    std::vector<ports::event_message> make_messages(std::size_t count);
    ports::event_message make_message(domain::status status = domain::status::received,
                                      std::int32_t version = 1);

    std::future<outcomes> publish(const std::vector<ports::event_message>& batch);
    /// Receives until there are `count`, without acknowledging.
    messages receive(std::size_t count, std::size_t max = 1000);
    void acknowledge(const messages& done);

    bool is_usable_soon();
    void open_bus();
    void close_bus();
    /// Gives up the consumer and the bus, as a process does that is killed, and opens new ones.
    void reopen_bus();

private:
    boost::asio::io_context context_{1};
    real_clock clock_;
    domain::uuid_generator ids_;
    std::unique_ptr<bus_broker> broker_;
    std::unique_ptr<ports::bus> bus_;
    std::unique_ptr<ports::consumer> consumer_;
};

/// As many outcomes of one kind.
std::vector<ports::publish_outcome> all(std::size_t count, ports::publish_outcome outcome);

/// The events in messages that could be read.
std::vector<domain::order_event> events_of(const std::vector<ports::inbound_message>& messages);

}  // namespace delivery::tests
