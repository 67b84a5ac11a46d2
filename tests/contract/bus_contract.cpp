#include "contract/bus_contract.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "support/eventually.hpp"

namespace delivery::tests {
namespace {

using domain::status;
using ports::publish_outcome;

constexpr auto trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST_P(bus_contract, a_name_holds_no_secret) {
    EXPECT_FALSE(bus().name().empty());
    EXPECT_EQ(bus().name().find('@'), std::string::npos);
}

TEST_P(bus_contract, it_is_without_fault_soon) { EXPECT_TRUE(is_usable_soon()); }

TEST_P(bus_contract, nothing_published_is_nothing_answered) {
    EXPECT_TRUE(run(bus().publisher().publish({})).empty());
}

TEST_P(bus_contract, what_is_published_arrives_as_it_was) {
    auto message = make_message(status::in_transit, 2);
    message.traceparent = trace;
    auto outcome = publish({message});
    const auto received = receive(1);
    acknowledge(received);

    EXPECT_EQ(finish(outcome), all(1, publish_outcome::confirmed));
    ASSERT_TRUE(received.at(0).content.has_value());
    EXPECT_EQ(received[0].content->event, message.event);
    EXPECT_EQ(received[0].content->traceparent, trace);
    EXPECT_FALSE(received[0].redelivered);
}

TEST_P(bus_contract, a_batch_is_answered_and_arrives_in_its_order) {
    const auto batch = make_messages(300);
    auto outcome = publish(batch);
    const auto received = receive(batch.size(), 7);
    acknowledge(received);

    EXPECT_EQ(finish(outcome), all(batch.size(), publish_outcome::confirmed));
    const auto events = events_of(received);
    ASSERT_EQ(events.size(), batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) EXPECT_EQ(events[i], batch[i].event) << i;
}

TEST_P(bus_contract, a_final_event_is_confirmed_though_no_worker_hears_it) {
    const std::vector batch{make_message(status::delivered, 3), make_message(status::received, 1)};
    auto outcome = publish(batch);
    const auto received = receive(1);
    acknowledge(received);

    EXPECT_EQ(finish(outcome), all(2, publish_outcome::confirmed));
    EXPECT_EQ(events_of(received), std::vector{batch[1].event});
}

TEST_P(bus_contract, calls_may_overlap) {
    std::vector<std::vector<ports::event_message>> batches;
    std::vector<std::future<outcomes>> answers;
    for (int i = 0; i < 20; ++i) batches.push_back(make_messages(10));
    for (const auto& batch : batches) answers.push_back(publish(batch));
    acknowledge(receive(200));
    for (auto& answer : answers) EXPECT_EQ(finish(answer), all(10, publish_outcome::confirmed));
}

TEST_P(bus_contract, receive_waits_for_a_message) {
    auto received = start(consumer().receive(10));
    EXPECT_TRUE(is_open(received));
    const std::vector batch{make_message()};
    auto outcome = publish(batch);
    const auto found = finish(received);
    acknowledge(found);
    EXPECT_EQ(events_of(found), std::vector{batch[0].event});
    EXPECT_EQ(finish(outcome), all(1, publish_outcome::confirmed));
}

TEST_P(bus_contract, receive_answers_at_most_so_many) {
    const auto batch = make_messages(5);
    auto outcome = publish(batch);
    auto received = receive(1, 2);
    EXPECT_LE(received.size(), 2U);
    const auto rest = receive(5 - received.size());
    acknowledge(received);
    acknowledge(rest);
    EXPECT_EQ(finish(outcome), all(5, publish_outcome::confirmed));
}

TEST_P(bus_contract, messages_may_be_finished_in_any_sequence) {
    const auto batch = make_messages(50);
    auto outcome = publish(batch);
    auto received = receive(batch.size());
    std::ranges::reverse(received);
    for (const auto& message : received) {
        const std::array tag{message.tag};
        consumer().acknowledge(tag);
        consumer().acknowledge(tag);  // Twice is once.
    }
    EXPECT_EQ(finish(outcome), all(batch.size(), publish_outcome::confirmed));
}

TEST_P(bus_contract, what_is_given_back_comes_again) {
    const auto batch = make_messages(3);
    auto outcome = publish(batch);
    const auto first = receive(3);
    acknowledge({first[0], first[2]});
    const std::array back{first[1].tag};
    consumer().give_back(back);

    const auto second = receive(1);
    EXPECT_EQ(events_of(second), std::vector{batch[1].event});
    EXPECT_TRUE(second.at(0).redelivered);
    acknowledge(second);
    EXPECT_EQ(finish(outcome), all(3, publish_outcome::confirmed));
}

TEST_P(bus_contract, a_paused_consumer_takes_nothing_until_it_resumes) {
    auto outcome = publish(make_messages(5));
    const auto first = receive(1);
    consumer().pause();
    acknowledge(first);
    auto later = publish(make_messages(1));
    auto waiting = start(consumer().receive(10));
    EXPECT_TRUE(is_open(waiting));

    consumer().resume();
    auto rest = finish(waiting);
    while (rest.size() < 5) std::ranges::move(receive(1), std::back_inserter(rest));
    acknowledge(rest);
    EXPECT_EQ(finish(outcome), all(5, publish_outcome::confirmed));
    EXPECT_EQ(finish(later), all(1, publish_outcome::confirmed));
}

TEST_P(bus_contract, what_was_received_before_a_pause_may_be_given_back) {
    const auto batch = make_messages(2);
    auto outcome = publish(batch);
    const auto first = receive(2);
    consumer().pause();
    const std::array back{first[0].tag, first[1].tag};
    consumer().give_back(back);
    consumer().resume();

    const auto second = receive(2);
    auto events = events_of(second);
    std::ranges::sort(events, {}, &domain::order_event::id);
    EXPECT_EQ(events, (std::vector{batch[0].event, batch[1].event}));
    EXPECT_TRUE(std::ranges::all_of(second, &ports::inbound_message::redelivered));
    acknowledge(second);
    EXPECT_EQ(finish(outcome), all(2, publish_outcome::confirmed));
}

TEST_P(bus_contract, a_paused_consumer_can_be_stopped) {
    consumer().pause();
    auto waiting = start(consumer().receive(10));
    EXPECT_TRUE(is_open(waiting));
    consumer().stop();
    EXPECT_TRUE(finish(waiting).empty());
}

TEST_P(bus_contract, tags_of_no_delivery_are_ignored) {
    const std::array strange{ports::delivery_tag{.connection = 7777, .number = 1},
                             ports::delivery_tag{.connection = 1, .number = 99'999}};
    consumer().acknowledge(strange);
    consumer().give_back(strange);
    auto outcome = publish(make_messages(1));
    acknowledge(receive(1));
    EXPECT_EQ(finish(outcome), all(1, publish_outcome::confirmed));
}

TEST_P(bus_contract, a_dead_letter_is_safe_with_its_reason_and_does_not_come_again) {
    const auto batch = make_messages(2);
    auto outcome = publish(batch);
    const auto received = receive(2);
    EXPECT_TRUE(run(consumer().dead_letter(received[0], "no such order")));
    acknowledge({received[1]});

    EXPECT_EQ(finish(outcome), all(2, publish_outcome::confirmed));
    const auto letters = broker().dead_letters();
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].body, received[0].body);
    EXPECT_EQ(letters[0].reason, "no such order");
    auto nothing = start(consumer().receive(10));
    EXPECT_TRUE(is_open(nothing));
    consumer().stop();
    EXPECT_TRUE(finish(nothing).empty());
}

TEST_P(bus_contract, what_cannot_be_read_arrives_with_the_reason) {
    ASSERT_TRUE(is_usable_soon());
    if (!broker().inject("not JSON")) GTEST_SKIP() << "only our own messages get on this bus";
    const auto received = receive(1);
    ASSERT_FALSE(received.at(0).content.has_value());
    EXPECT_EQ(received[0].content.error(), "body is not JSON");
    EXPECT_EQ(received[0].body, "not JSON");
    EXPECT_TRUE(run(consumer().dead_letter(received[0], received[0].content.error())));
    const auto letters = broker().dead_letters();
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].body, "not JSON");
}

TEST_P(bus_contract, after_stop_receive_is_empty_and_acknowledgements_still_count) {
    auto outcome = publish(make_messages(3));
    const auto received = receive(3);
    auto waiting = start(consumer().receive(10));
    consumer().stop();
    EXPECT_TRUE(finish(waiting).empty());
    EXPECT_TRUE(run(consumer().receive(10)).empty());
    acknowledge(received);
    EXPECT_EQ(finish(outcome), all(3, publish_outcome::confirmed));
}

TEST_P(bus_contract, a_bus_can_be_closed_at_any_time) {
    auto outcome = publish(make_messages(100));
    auto received = start(consumer().receive(1));
    const auto began = std::chrono::steady_clock::now();
    close_bus();
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(2500));
    EXPECT_EQ(finish(outcome).size(), 100U);
    finish(received);
}

TEST_P(bus_contract, unacknowledged_messages_come_again_to_the_next_process) {
    if (!broker().is_shared()) GTEST_SKIP() << "there is no next process";
    const auto batch = make_messages(5);
    auto outcome = publish(batch);
    const auto first = receive(5);
    EXPECT_EQ(finish(outcome), all(5, publish_outcome::confirmed));
    acknowledge({first[1], first[3]});
    reopen_bus();

    const auto second = receive(3);
    auto events = events_of(second);
    std::ranges::sort(events, {}, &domain::order_event::id);
    EXPECT_EQ(events, (std::vector{batch[0].event, batch[2].event, batch[4].event}));
    EXPECT_TRUE(std::ranges::all_of(second, &ports::inbound_message::redelivered));
    acknowledge(first);  // Their connection is gone: this means nothing.
    acknowledge(second);
}

}  // namespace

bus_contract::bus_contract() : broker_(GetParam().make_broker()) { open_bus(); }

bus_contract::~bus_contract() { close_bus(); }

void bus_contract::poll() {
    context_.restart();
    context_.poll();
}

bool bus_contract::is_usable_soon() {
    return eventually(std::chrono::seconds(20), [this] { return !bus_->find_fault(); });
}

std::vector<ports::event_message> bus_contract::make_messages(std::size_t count) {
    std::vector<ports::event_message> result;
    for (std::size_t i = 0; i < count; ++i) result.push_back(make_message());
    return result;
}

ports::event_message bus_contract::make_message(status status, std::int32_t version) {
    ports::event_message message;
    message.event = {.id = ids_.next(clock_.now()),
                     .order_id = ids_.next(clock_.now()),
                     .version = version,
                     .status = status,
                     .recorded_at = clock_.now()};
    return message;
}

std::future<bus_contract::outcomes> bus_contract::publish(const std::vector<ports::event_message>& batch) {
    auto call = [](ports::publisher& publisher,
                   std::vector<ports::event_message> kept) -> awaitable<outcomes> {
        co_return co_await publisher.publish(kept);
    };
    return start(call(bus_->publisher(), batch));
}

bus_contract::messages bus_contract::receive(std::size_t count, std::size_t max) {
    messages result;
    while (result.size() < count) {
        auto more = run(consumer_->receive(std::min(max, count - result.size())));
        if (more.empty()) break;
        std::ranges::move(more, std::back_inserter(result));
    }
    return result;
}

void bus_contract::acknowledge(const messages& done) {
    std::vector<ports::delivery_tag> tags;
    for (const auto& message : done) tags.push_back(message.tag);
    consumer_->acknowledge(tags);
}

void bus_contract::open_bus() {
    bus_ = broker_->open(context_.get_executor(), clock_);
    consumer_ = bus_->consume(context_.get_executor());
}

void bus_contract::close_bus() {
    if (consumer_) consumer_->stop();
    if (bus_) bus_->close();
    poll();
    consumer_.reset();
    bus_.reset();
}

void bus_contract::reopen_bus() {
    close_bus();
    open_bus();
}

std::vector<publish_outcome> all(std::size_t count, publish_outcome outcome) {
    return std::vector<publish_outcome>(count, outcome);
}

std::vector<domain::order_event> events_of(const std::vector<ports::inbound_message>& messages) {
    std::vector<domain::order_event> events;
    for (const auto& message : messages) {
        if (message.content) events.push_back(message.content->event);
    }
    return events;
}

}  // namespace delivery::tests
