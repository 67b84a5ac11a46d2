#include <algorithm>
#include <chrono>
#include <thread>

#include <signal.h>

#include <gtest/gtest.h>

#include "integration/rabbitmq_session.hpp"
#include "support/amqp_client.hpp"
#include "support/eventually.hpp"
#include "support/servers.hpp"
#include "support/tcp_proxy.hpp"

namespace delivery::tests {
namespace {

using ports::publish_outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(rabbitmq_faults, a_killed_broker_loses_nothing_that_was_confirmed) {
    auto& server = own_rabbitmq();
    const auto url = server.fresh_vhost();
    rabbitmq_session session(url);
    session.consumer();
    ASSERT_TRUE(session.is_usable_soon());
    const auto first = make_event_messages(50);
    ASSERT_EQ(count_of(session.publish(first), publish_outcome::confirmed), 50U);
    // A quorum queue that is killed within a second of its declaration may not come back.
    std::this_thread::sleep_for(seconds(1));

    const auto pid = server.pid();
    std::vector<event_messages> batches;
    std::vector<std::future<publish_outcomes>> answers;
    for (int i = 0; i < 100; ++i) batches.push_back(make_event_messages(100));
    for (const auto& batch : batches) answers.push_back(session.start_publishing(batch));
    answers.front().wait();
    ::kill(pid, SIGKILL);  // At once, while most are under way.
    server.kill();

    event_messages unsafe;
    event_messages everything = first;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const auto outcomes = answers[i].get();
        ASSERT_EQ(
            count_of(outcomes, publish_outcome::confirmed) + count_of(outcomes, publish_outcome::failed),
            100U);
        for (std::size_t j = 0; j < outcomes.size(); ++j) {
            everything.push_back(batches[i][j]);
            if (outcomes[j] == publish_outcome::failed) unsafe.push_back(batches[i][j]);
        }
    }
    EXPECT_FALSE(unsafe.empty());
    EXPECT_TRUE(session.is_faulty_soon());
    server.start();

    ASSERT_TRUE(eventually(seconds(60), [&] {
        const auto outcomes = session.publish(unsafe);
        return count_of(outcomes, publish_outcome::confirmed) == unsafe.size();
    }));
    // Only what comes after the crash: what was handed over before was never acknowledged, and comes again.
    inbound_messages received;
    while (event_ids(received).size() < everything.size()) {
        const auto some = session.receive_some(1000);
        ASSERT_FALSE(some.empty());
        session.acknowledge(some);
        std::ranges::copy(some, std::back_inserter(received));
    }
    EXPECT_EQ(event_ids(received), event_ids(everything));
}

TEST(rabbitmq_faults, while_the_broker_blocks_publishers_nothing_fails_and_consuming_goes_on) {
    auto& server = own_rabbitmq();
    rabbitmq_session session(server.fresh_vhost(), 10);
    session.consumer();
    ASSERT_TRUE(session.is_usable_soon());
    const auto before = make_event_messages(100);
    ASSERT_EQ(count_of(session.publish(before), publish_outcome::confirmed), 100U);

    server.set_memory_alarm(true);
    const auto blocked = make_event_messages(5000);
    std::vector<std::future<publish_outcomes>> answers;
    for (std::size_t i = 0; i < blocked.size(); i += 500) {
        const auto begin = blocked.begin() + static_cast<std::ptrdiff_t>(i);
        answers.push_back(session.start_publishing({begin, begin + 500}));
    }
    EXPECT_TRUE(eventually(seconds(10), [&] {
        const auto fault = session.bus().find_fault();
        return fault && fault->find("accepts no messages") != std::string::npos;
    }));
    inbound_messages received;
    while (received.size() < 100) {
        const auto some = session.receive_some(10);
        ASSERT_FALSE(some.empty()) << "consuming must go on";
        session.acknowledge(some);
        std::ranges::copy(some, std::back_inserter(received));
    }
    EXPECT_EQ(event_ids(received), event_ids(before));
    // Longer than the confirm deadline, which stands still.
    EXPECT_EQ(answers.back().wait_for(seconds(6)), std::future_status::timeout);

    server.set_memory_alarm(false);
    for (auto& answer : answers) EXPECT_EQ(count_of(answer.get(), publish_outcome::confirmed), 500U);
    EXPECT_TRUE(session.is_usable_soon());
    EXPECT_EQ(session.log().count("the broker accepts no messages for now"), 1U);
    EXPECT_EQ(session.log().count("the broker accepts messages again"), 1U);
}

TEST(rabbitmq_faults, what_a_full_queue_refuses_is_said_and_taken_once_there_is_room) {
    auto& server = own_rabbitmq();
    const auto url = server.fresh_vhost();
    const auto host = "<<\"" + url.substr(url.rfind('/') + 1) + "\">>";
    rabbitmq_session session(url);
    session.consumer();
    ASSERT_TRUE(session.is_usable_soon());
    amqp_client(url).observe_events("elsewhere");  // A queue that nobody reads any more.
    const auto policy = server.evaluate("rabbit_policy:set(" + host +
                                        ", <<\"full\">>, <<\"^elsewhere$\">>, [{<<\"max-length\">>, 1}, "
                                        "{<<\"overflow\">>, <<\"reject-publish\">>}], 0, <<\"queues\">>, "
                                        "<<\"tests\">>).");
    ASSERT_EQ(policy, "{ok, ok}");

    const auto is_refused = [&] {
        return session.publish(make_event_messages(1)) == publish_outcomes{publish_outcome::refused};
    };
    EXPECT_TRUE(eventually(seconds(20), is_refused));
    EXPECT_EQ(session.bus().find_fault(), std::nullopt) << "a refusal is no reason to begin anew";

    server.evaluate("rabbit_policy:delete(" + host + ", <<\"full\">>, <<\"tests\">>).");
    EXPECT_TRUE(eventually(seconds(20), [&] { return !is_refused(); }));
    EXPECT_EQ(count_of(session.publish(make_event_messages(50)), publish_outcome::confirmed), 50U);
}

/// Stops the server's process for the life of this object.
class frozen {
public:
    explicit frozen(const server& server) : pid_(server.pid()) { ::kill(pid_, SIGSTOP); }
    ~frozen() { ::kill(pid_, SIGCONT); }
    frozen(const frozen&) = delete;
    frozen& operator=(const frozen&) = delete;

private:
    pid_t pid_;
};

TEST(rabbitmq_faults, a_frozen_broker_fails_what_is_published_within_the_deadline) {
    auto& server = own_rabbitmq();
    rabbitmq_session session(server.fresh_vhost());
    ASSERT_TRUE(session.is_usable_soon());
    const auto batch = make_event_messages(100);
    {
        const frozen pause(server);
        const auto began = std::chrono::steady_clock::now();
        EXPECT_EQ(count_of(session.publish(batch), publish_outcome::failed), 100U);
        EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(4500));
    }
    EXPECT_TRUE(eventually(seconds(30), [&] {
        return count_of(session.publish(batch), publish_outcome::confirmed) == batch.size();
    }));
}

TEST(rabbitmq_faults, a_broker_that_does_not_confirm_is_given_up_at_the_deadline) {
    const auto url = shared_rabbitmq().fresh_vhost();
    auto endpoint = rabbitmq::parse_url(url).value();
    tcp_proxy proxy(endpoint.port);
    endpoint.port = static_cast<std::uint16_t>(proxy.port());
    // Heartbeats so slow that they notice nothing.
    rabbitmq_session session(
        rabbitmq::options{.endpoint = endpoint, .heartbeat = seconds(60), .confirm_deadline = seconds(2)});
    ASSERT_TRUE(session.is_usable_soon());
    proxy.black_hole();
    const auto batch = make_event_messages(5000);  // More than are written before the first confirm.
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(count_of(session.publish(batch), publish_outcome::failed), 5000U);
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_GT(took, milliseconds(900));
    EXPECT_LT(took, milliseconds(2500));
    EXPECT_TRUE(session.is_faulty_soon());
    proxy.pass();
    EXPECT_TRUE(eventually(seconds(30), [&] {
        return count_of(session.publish(batch), publish_outcome::confirmed) == batch.size();
    }));
}

TEST(rabbitmq_faults, a_dead_letter_that_no_longer_fits_the_send_buffer_is_given_up) {
    const auto url = shared_rabbitmq().fresh_vhost();
    auto endpoint = rabbitmq::parse_url(url).value();
    tcp_proxy proxy(endpoint.port);
    endpoint.port = static_cast<std::uint16_t>(proxy.port());
    // No deadline is looked at while the connection's thread is writing.
    rabbitmq_session session(rabbitmq::options{.endpoint = endpoint});
    ASSERT_TRUE(session.is_usable_soon());
    session.consumer();
    ASSERT_TRUE(eventually(seconds(10), [&] { return !session.bus().find_fault(); }));
    proxy.black_hole();
    ports::inbound_message letter;
    letter.body = std::string(8 << 20, 'x');
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(session.dead_letter(letter, "too large for the buffers"));
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(8));
    EXPECT_TRUE(session.is_faulty_soon());
}

TEST(rabbitmq_faults, a_frozen_broker_is_noticed_when_idle) {
    auto& server = own_rabbitmq();
    rabbitmq_session session(server.fresh_vhost());
    session.consumer();
    ASSERT_TRUE(session.is_usable_soon());
    {
        const frozen pause(server);
        EXPECT_TRUE(eventually(seconds(5), [&] { return session.bus().find_fault().has_value(); }));
        const auto began = std::chrono::steady_clock::now();
        session.bus().close();
        EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(2500));
    }
}

TEST(rabbitmq_faults, an_idle_connection_is_kept) {
    auto& server = own_rabbitmq();
    rabbitmq_session session(server.fresh_vhost());
    session.consumer();
    ASSERT_TRUE(session.is_usable_soon());
    std::this_thread::sleep_for(seconds(4));  // Several heartbeats: without ours the broker would hang up.
    EXPECT_EQ(session.log().count("no connection to the broker, trying again"), 0U);
    EXPECT_EQ(count_of(session.publish(make_event_messages(1)), publish_outcome::confirmed), 1U);
    EXPECT_EQ(session.receive(1).size(), 1U);
}

TEST(rabbitmq_faults, a_bus_is_made_and_closed_at_once_while_the_broker_is_away) {
    const auto began = std::chrono::steady_clock::now();
    {
        rabbitmq_session session("amqp://127.0.0.1:1/");
        session.consumer();
        session.bus().close();
        EXPECT_EQ(count_of(session.publish(make_event_messages(1)), publish_outcome::failed), 1U);
        EXPECT_TRUE(session.receive(1).empty());
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(2));
}

}  // namespace
}  // namespace delivery::tests
