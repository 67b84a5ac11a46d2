#include "chaos/observer.hpp"

#include <chrono>
#include <exception>

#include "support/amqp_client.hpp"

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;

constexpr auto queue = "chaos.observer";

}  // namespace

observer::observer(std::string rabbitmq_url) : url_(std::move(rabbitmq_url)) {
    tests::amqp_client(url_).observe_events(queue);
    thread_ = std::jthread([this] {
        while (!is_stopping_) {
            try {
                observe();
            } catch (const std::exception&) {
                std::this_thread::sleep_for(100ms);  // The broker is away, which is what the rig is for.
            }
        }
    });
}

observer::~observer() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void observer::observe() {
    tests::amqp_client client(url_);
    client.observe_events(queue);
    while (!is_stopping_) {
        const auto message = client.next(200ms);
        if (message) events_ += record_.hear(message->body, message->redelivered) ? 1 : 0;
    }
}

wire_record observer::take_record() {
    is_stopping_ = true;
    thread_.join();
    return std::move(record_);
}

}  // namespace delivery::chaos
