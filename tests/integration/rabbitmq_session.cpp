#include "integration/rabbitmq_session.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "support/eventually.hpp"

namespace delivery::tests {
namespace {

std::vector<domain::uuid> sorted_once(std::vector<domain::uuid> ids) {
    std::ranges::sort(ids);
    const auto rest = std::ranges::unique(ids);
    ids.erase(rest.begin(), rest.end());
    return ids;
}

awaitable<publish_outcomes> publish_all(ports::publisher& publisher, event_messages batch) {
    co_return co_await publisher.publish(batch);
}

}  // namespace

rabbitmq_session::rabbitmq_session(const std::string& url, std::uint16_t prefetch)
    : rabbitmq_session({.endpoint = rabbitmq::parse_url(url).value(),
                        .service = "test",
                        .heartbeat = std::chrono::seconds(1),
                        .confirm_deadline = std::chrono::seconds(4),
                        .prefetch = prefetch}) {}

rabbitmq_session::rabbitmq_session(const rabbitmq::options& settings)
    : reactor_([this] { context_.run(); }), bus_(rabbitmq::make_bus(settings, log_, clock_)) {}

rabbitmq_session::~rabbitmq_session() {
    bus_->close();
    work_.reset();
    reactor_.join();
}

ports::consumer& rabbitmq_session::consumer() {
    if (!consumer_) consumer_ = bus_->consume(context_.get_executor());
    return *consumer_;
}

bool rabbitmq_session::is_usable_soon() {
    return eventually(std::chrono::seconds(60), [this] { return !bus_->find_fault(); });
}

bool rabbitmq_session::is_faulty_soon() {
    return eventually(std::chrono::seconds(60), [this] { return bus_->find_fault().has_value(); });
}

std::future<publish_outcomes> rabbitmq_session::start_publishing(event_messages batch) {
    return boost::asio::co_spawn(context_, publish_all(bus_->publisher(), std::move(batch)),
                                 boost::asio::use_future);
}

inbound_messages rabbitmq_session::receive(std::size_t count, std::chrono::milliseconds limit) {
    inbound_messages result;
    while (result.size() < count) {
        auto more = receive_some(count - result.size(), limit);
        if (more.empty()) break;
        std::ranges::move(more, std::back_inserter(result));
    }
    return result;
}

inbound_messages rabbitmq_session::receive_some(std::size_t max, std::chrono::milliseconds limit) {
    if (!receiving_.valid()) {
        receiving_ = boost::asio::co_spawn(context_, consumer().receive(max), boost::asio::use_future);
    }
    if (receiving_.wait_for(limit) != std::future_status::ready) return {};
    return receiving_.get();
}

void rabbitmq_session::acknowledge(const inbound_messages& done) {
    std::vector<ports::delivery_tag> tags;
    std::ranges::transform(done, std::back_inserter(tags), &ports::inbound_message::tag);
    consumer().acknowledge(tags);
}

bool rabbitmq_session::dead_letter(const ports::inbound_message& message, const std::string& reason) {
    return boost::asio::co_spawn(context_, consumer().dead_letter(message, reason), boost::asio::use_future)
        .get();
}

event_messages make_event_messages(std::size_t count, domain::status status) {
    static domain::uuid_generator ids;
    const auto now = real_clock().now();
    event_messages result(count);
    for (auto& message : result) {
        message.event = {.id = ids.next(now),
                         .order_id = ids.next(now),
                         .version = static_cast<std::int32_t>(status) + 1,
                         .status = status,
                         .recorded_at = now};
    }
    return result;
}

std::size_t count_of(const publish_outcomes& outcomes, ports::publish_outcome kind) {
    return static_cast<std::size_t>(std::ranges::count(outcomes, kind));
}

std::vector<domain::uuid> event_ids(const inbound_messages& messages) {
    std::vector<domain::uuid> ids;
    for (const auto& message : messages) ids.push_back(message.content.value().event.id);
    return sorted_once(std::move(ids));
}

std::vector<domain::uuid> event_ids(const event_messages& messages) {
    std::vector<domain::uuid> ids;
    for (const auto& message : messages) ids.push_back(message.event.id);
    return sorted_once(std::move(ids));
}

}  // namespace delivery::tests
