#include <map>
#include <string>

#include <gmock/gmock.h>

#include "core/message_codec.hpp"
#include "integration/rabbitmq_session.hpp"
#include "rabbitmq/connection.hpp"
#include "rabbitmq/examination.hpp"
#include "rabbitmq/incoming_content.hpp"
#include "rabbitmq/topology.hpp"
#include "support/amqp_client.hpp"
#include "support/eventually.hpp"
#include "support/servers.hpp"
#include "support/tcp_proxy.hpp"

namespace delivery::tests {
namespace {

using domain::status;
using ports::publish_outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A plain connection, to change the broker's exchanges and queues behind the bus's back.
class administrator {
public:
    explicit administrator(const std::string& url)
        : settings_{.endpoint = rabbitmq::parse_url(url).value()},
          link_(settings_, "administrator", guard_) {}

    void unbind(std::string_view routing_key) {
        amqp_queue_unbind(link_.state(), 1, rabbitmq::to_bytes("delivery.worker"),
                          rabbitmq::to_bytes("delivery.events"), rabbitmq::to_bytes(routing_key),
                          amqp_empty_table);
        link_.check_reply("unbinding");
    }
    void delete_queue(std::string_view name) {
        amqp_queue_delete(link_.state(), 1, rabbitmq::to_bytes(name), 0, 0);
        link_.check_reply("deleting a queue");
    }
    void delete_exchange(std::string_view name) {
        amqp_exchange_delete(link_.state(), 1, rabbitmq::to_bytes(name), 0);
        link_.check_reply("deleting an exchange");
    }
    std::vector<std::string_view> declare_topology(const rabbitmq::delivery_limits& limits) {
        return rabbitmq::declare_topology(link_, limits);
    }
    void declare_classic_queue(std::string_view name) {
        amqp_queue_declare(link_.state(), 1, rabbitmq::to_bytes(name), 0, 1, 0, 0, amqp_empty_table);
        link_.check_reply("declaring a queue");
    }

private:
    rabbitmq::options settings_;
    rabbitmq::interruptible_socket guard_;
    rabbitmq::connection link_;
};

std::string through(const tcp_proxy& proxy, const std::string& url) {
    const auto host = url.find("127.0.0.1:");
    return url.substr(0, host) + "127.0.0.1:" + std::to_string(proxy.port()) +
           url.substr(url.find('/', host));
}

TEST(rabbitmq_bus, messages_are_cloud_events_on_the_wire) {
    const auto url = shared_rabbitmq().fresh_vhost();
    rabbitmq_session session(url);
    amqp_client observer(url);
    observer.observe_events();
    auto batch = make_event_messages(1, status::in_transit);
    batch[0].traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const auto& event = batch[0].event;
    ASSERT_EQ(session.publish(batch), publish_outcomes(1, publish_outcome::confirmed));
    ASSERT_EQ(session.publish(make_event_messages(1, status::delivered)),
              publish_outcomes(1, publish_outcome::confirmed));

    const auto seen = observer.next().value();
    EXPECT_EQ(seen.routing_key, "order.in_transit");
    EXPECT_EQ(seen.body, core::encode_body(event));
    EXPECT_EQ(seen.content_type, "application/json");
    EXPECT_EQ(seen.delivery_mode, 2);
    EXPECT_EQ(seen.message_id, event.id.to_string());
    const std::map<std::string, std::string> headers{
        {"cloudEvents_id", event.id.to_string()},
        {"cloudEvents_source", "/delivery"},
        {"cloudEvents_specversion", "1.0"},
        {"cloudEvents_type", "delivery.order.in_transit"},
        {"cloudEvents_subject", event.order_id.to_string()},
        {"cloudEvents_time", domain::to_rfc3339(event.recorded_at)},
        {"cloudEvents_sequence", "2"},
        {"cloudEvents_traceparent", batch[0].traceparent}};
    EXPECT_EQ(seen.headers, headers);
    const auto last = observer.next().value();
    EXPECT_EQ(last.routing_key, "order.delivered");
    EXPECT_FALSE(last.headers.contains("cloudEvents_traceparent"));
}

TEST(rabbitmq_bus, what_no_queue_wants_is_returned_though_confirmed) {
    const auto url = shared_rabbitmq().fresh_vhost();
    rabbitmq_session session(url);
    ASSERT_TRUE(session.is_usable_soon());
    administrator(url).unbind("order.received");

    auto batch = make_event_messages(2, status::received);
    batch.push_back(make_event_messages(1, status::in_transit)[0]);
    batch.push_back(make_event_messages(1, status::delivered)[0]);
    EXPECT_EQ(session.publish(batch),
              (publish_outcomes{publish_outcome::returned, publish_outcome::returned,
                                publish_outcome::confirmed, publish_outcome::confirmed}));
}

TEST(rabbitmq_bus, a_queue_that_went_missing_is_declared_anew) {
    const auto url = shared_rabbitmq().fresh_vhost();
    rabbitmq_session session(url);
    ASSERT_TRUE(session.is_usable_soon());
    administrator(url).delete_queue("delivery.worker");
    EXPECT_EQ(session.publish(make_event_messages(1)), publish_outcomes(1, publish_outcome::returned));
    EXPECT_TRUE(eventually(std::chrono::seconds(20), [&] {
        return session.publish(make_event_messages(1)) == publish_outcomes(1, publish_outcome::confirmed);
    }));
}

TEST(rabbitmq_bus, a_dead_letter_whose_queue_went_missing_is_safe_in_the_end) {
    const auto url = shared_rabbitmq().fresh_vhost();
    rabbitmq_session session(url);
    session.consumer();
    ASSERT_TRUE(session.is_usable_soon());
    amqp_client client(url);
    client.publish({.exchange = "delivery.events", .routing_key = "order.received", .body = "not json"});
    const auto received = session.receive(1);
    ASSERT_EQ(received.size(), 1U);
    administrator(url).delete_queue("delivery.worker.dead-letter");
    EXPECT_FALSE(session.dead_letter(received[0], "for the test"));
    EXPECT_TRUE(eventually(std::chrono::seconds(20),
                           [&] { return session.dead_letter(received[0], "for the test"); }));
    EXPECT_TRUE(client.take("delivery.worker.dead-letter"));
}

TEST(rabbitmq_bus, a_dead_letter_keeps_what_it_came_with) {
    const auto url = shared_rabbitmq().fresh_vhost();
    rabbitmq_session session(url);
    session.consumer();
    ASSERT_TRUE(session.is_usable_soon());
    amqp_client client(url);
    const std::string large(rabbitmq::body_size_max, 'x');  // More than two frames.
    client.publish({.exchange = "delivery.events",
                    .routing_key = "order.received",
                    .body = large,
                    .content_type = "text/plain",
                    .message_id = "somebody's"});
    const auto received = session.receive(1);
    ASSERT_EQ(received.size(), 1U);
    ASSERT_FALSE(received[0].content.has_value());
    EXPECT_EQ(received[0].content.error(), "content type is not JSON");
    EXPECT_TRUE(session.dead_letter(received[0], "for the test"));

    const auto letter = client.take("delivery.worker.dead-letter").value();
    EXPECT_EQ(letter.body, large);
    EXPECT_EQ(letter.content_type, "text/plain");
    EXPECT_EQ(letter.message_id, "somebody's");
    EXPECT_EQ(letter.headers.at("x-delivery-reason"), "for the test");
    EXPECT_EQ(client.depth("delivery.worker"), 0);
}

TEST(rabbitmq_bus, a_dead_letter_that_no_queue_wants_is_not_acknowledged) {
    const auto url = shared_rabbitmq().fresh_vhost();
    rabbitmq_session session(url);
    session.publish(make_event_messages(1));
    const auto received = session.receive(1);
    administrator(url).delete_queue("delivery.worker.dead-letter");
    EXPECT_FALSE(session.dead_letter(received.at(0), "for the test"));
}

TEST(rabbitmq_bus, two_consumers_share_the_queue) {
    const auto url = shared_rabbitmq().fresh_vhost();
    rabbitmq_session first(url, 10);
    rabbitmq_session second(url, 10);
    first.consumer();
    second.consumer();
    ASSERT_TRUE(first.is_usable_soon() && second.is_usable_soon());
    const auto batch = make_event_messages(100);
    ASSERT_EQ(count_of(first.publish(batch), publish_outcome::confirmed), 100U);

    // How many each gets is the broker's business, but none holds more than its prefetch.
    const auto held_by_first = first.receive(10);
    const auto held_by_second = second.receive(10);
    EXPECT_EQ(held_by_first.size(), 10U);
    EXPECT_EQ(held_by_second.size(), 10U);
    EXPECT_TRUE(first.receive_some(10, std::chrono::milliseconds(100)).empty());
    first.acknowledge(held_by_first);
    second.acknowledge(held_by_second);

    auto all = held_by_first;
    all.insert(all.end(), held_by_second.begin(), held_by_second.end());
    EXPECT_TRUE(eventually(std::chrono::seconds(20), [&] {
        for (auto* session : {&first, &second}) {
            const auto some = session->receive_some(10, std::chrono::milliseconds(20));
            session->acknowledge(some);
            all.insert(all.end(), some.begin(), some.end());
        }
        return all.size() >= batch.size();
    }));
    EXPECT_EQ(event_ids(all), event_ids(batch));
}

TEST(rabbitmq_bus, while_a_consumer_pauses_another_gets_what_was_for_it) {
    const auto url = shared_rabbitmq().fresh_vhost();
    rabbitmq_session first(url);
    rabbitmq_session second(url);
    const auto batch = make_event_messages(50);
    ASSERT_EQ(count_of(first.publish(batch), publish_outcome::confirmed), 50U);
    const auto held = first.receive(5);
    first.consumer().pause();
    const auto moved = second.receive(45);
    EXPECT_EQ(moved.size(), 45U);
    second.acknowledge(moved);
    second.consumer().pause();

    first.consumer().resume();
    const auto later = make_event_messages(30);
    ASSERT_EQ(count_of(second.publish(later), publish_outcome::confirmed), 30U);
    const auto rest = first.receive(30);
    EXPECT_EQ(event_ids(rest), event_ids(later));
    first.acknowledge(rest);
    first.acknowledge(held);
    auto seen = held;
    seen.insert(seen.end(), moved.begin(), moved.end());
    EXPECT_EQ(event_ids(seen), event_ids(batch)) << "what it had received is its own all the time";
    EXPECT_TRUE(first.receive_some(10, std::chrono::milliseconds(100)).empty());
}

TEST(rabbitmq_bus, a_cut_connection_brings_the_messages_again_and_makes_old_tags_worthless) {
    const auto url = shared_rabbitmq().fresh_vhost();
    tcp_proxy proxy(rabbitmq::parse_url(url)->port);
    rabbitmq_session session(through(proxy, url));
    const auto batch = make_event_messages(20);
    ASSERT_EQ(count_of(session.publish(batch), publish_outcome::confirmed), 20U);
    const auto first = session.receive(20);
    ASSERT_EQ(first.size(), 20U);
    proxy.cut_all();

    const auto second = session.receive(20);
    EXPECT_EQ(event_ids(second), event_ids(batch));
    for (const auto& message : second) {
        EXPECT_TRUE(message.redelivered);
        EXPECT_GT(message.tag.connection, first[0].tag.connection);
    }
    session.acknowledge(first);
    proxy.cut_all();
    EXPECT_EQ(session.receive(20).size(), 20U) << "acknowledging with old tags must mean nothing";
}

TEST(rabbitmq_bus, a_deleted_queue_is_made_again) {
    const auto url = shared_rabbitmq().fresh_vhost();
    rabbitmq_session session(url);
    session.consumer();
    ASSERT_TRUE(session.is_usable_soon());
    administrator(url).delete_queue("delivery.worker");

    const auto batch = make_event_messages(3);
    EXPECT_TRUE(eventually(std::chrono::seconds(20), [&] {
        return count_of(session.publish(batch), publish_outcome::confirmed) == 3;
    }));
    EXPECT_EQ(event_ids(session.receive(3)), event_ids(batch));
    EXPECT_GE(session.log().count("no connection to the broker, trying again"), 1U);
}

TEST(rabbitmq_bus, a_closed_channel_fails_what_was_open_and_the_next_attempt_succeeds) {
    const auto url = shared_rabbitmq().fresh_vhost();
    rabbitmq_session session(url);
    ASSERT_TRUE(session.is_usable_soon());
    administrator(url).delete_exchange("delivery.events");
    const auto batch = make_event_messages(10);
    EXPECT_EQ(count_of(session.publish(batch), publish_outcome::failed), 10U);
    EXPECT_EQ(count_of(session.publish(batch), publish_outcome::confirmed), 10U);
}

TEST(rabbitmq_bus, a_queue_with_other_properties_is_named_as_the_fault) {
    const auto url = shared_rabbitmq().fresh_vhost();
    administrator(url).declare_classic_queue("delivery.worker");
    rabbitmq_session session(url);
    const auto is_named = [&] {
        const auto fault = session.bus().find_fault();
        return fault && fault->find("other properties") != std::string::npos &&
               fault->find("delivery.worker") != std::string::npos;
    };
    EXPECT_TRUE(eventually(std::chrono::seconds(20), is_named))
        << session.bus().find_fault().value_or("none");
    EXPECT_EQ(count_of(session.publish(make_event_messages(1)), publish_outcome::failed), 1U);
}

// As after an upgrade of the broker, and after its return.
TEST(rabbitmq_topology, queues_with_the_accepted_delivery_limit_stay_as_they_are) {
    const rabbitmq::delivery_limit none;
    const rabbitmq::delivery_limit some = 1000;
    for (const auto& [there, wanted] : {std::pair(none, some), std::pair(some, none)}) {
        const auto url = shared_rabbitmq().fresh_vhost();
        EXPECT_THAT(administrator(url).declare_topology({.wanted = there, .accepted = wanted}), IsEmpty());
        administrator next(url);
        const rabbitmq::delivery_limits turned{.wanted = wanted, .accepted = there};
        for (int i = 0; i < 2; ++i) {
            EXPECT_THAT(next.declare_topology(turned),
                        ElementsAre("delivery.worker", "delivery.worker.dead-letter"));
        }
        try {
            next.declare_topology({.wanted = 2000, .accepted = 3000});
            ADD_FAILURE() << "other limits were accepted";
        } catch (const rabbitmq::connection_error& error) {
            EXPECT_TRUE(error.is_misdeclared());
            EXPECT_THAT(error.what(), HasSubstr("2000"));
        }
    }
}

TEST(rabbitmq_topology, only_rabbitmq_4_is_told_that_there_is_no_delivery_limit) {
    EXPECT_EQ(rabbitmq::unlimited_on(3).wanted, std::nullopt);
    EXPECT_EQ(rabbitmq::unlimited_on(3).accepted, -1);
    EXPECT_EQ(rabbitmq::unlimited_on(4).wanted, -1);
    EXPECT_EQ(rabbitmq::unlimited_on(4).accepted, std::nullopt);
}

TEST(rabbitmq_bus, works_on_queues_of_another_version_and_says_once_what_they_lack) {
    const auto url = shared_rabbitmq().fresh_vhost();
    tcp_proxy proxy(rabbitmq::parse_url(url)->port);
    administrator(url).declare_topology({.wanted = -1, .accepted = -1});
    rabbitmq_session session(through(proxy, url));
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(session.publish(make_event_messages(1)), publish_outcomes(1, publish_outcome::confirmed));
        const auto received = session.receive(1);
        EXPECT_EQ(received.size(), 1U);
        session.acknowledge(received);
        proxy.cut_all();
        EXPECT_TRUE(session.is_faulty_soon());
        EXPECT_TRUE(session.is_usable_soon());
    }
    const auto lines = session.log().lines();
    EXPECT_EQ(std::ranges::count_if(lines, [](const auto& line) { return line.fields.contains("queues"); }),
              2)
        << "one of the publisher, one of the consumer";

    const auto findings = rabbitmq::examine({.endpoint = rabbitmq::parse_url(url).value()});
    EXPECT_EQ(findings.at(1).result, ports::finding::grade::warning);
    EXPECT_THAT(findings.at(1).what, HasSubstr("delivery.worker, delivery.worker.dead-letter"));
}

TEST(rabbitmq_bus, wrong_credentials_and_an_absent_broker_are_faults_without_secrets) {
    auto refused = shared_rabbitmq().url();
    refused.replace(refused.find("delivery:") + 9, 6, "wrong1");
    for (const auto& url : {refused, std::string("amqp://delivery:s3cret@127.0.0.1:1/")}) {
        rabbitmq_session session(url);
        EXPECT_TRUE(session.bus().find_fault().has_value());
        const auto began = std::chrono::steady_clock::now();
        EXPECT_EQ(count_of(session.publish(make_event_messages(3)), publish_outcome::failed), 3U);
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
        for (const auto& line : session.log().lines()) {
            EXPECT_EQ(line.fields.at("error").find("wrong1"), std::string::npos);
            EXPECT_EQ(line.fields.at("error").find("s3cret"), std::string::npos);
        }
        // Every change once, however often it is tried.
        EXPECT_EQ(session.log().count("no connection to the broker, trying again"), 1U);
    }
}

}  // namespace
}  // namespace delivery::tests
