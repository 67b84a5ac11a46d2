#include "contract/bus_contract.hpp"
#include "rabbitmq/bus_factory.hpp"
#include "support/amqp_client.hpp"
#include "support/fakes.hpp"
#include "support/servers.hpp"

namespace delivery::tests {
namespace {

/// A virtual host of its own on the RabbitMQ that all tests share.
class rabbitmq_broker final : public bus_broker {
public:
    rabbitmq_broker() : url_(shared_rabbitmq().fresh_vhost()) {}

    std::unique_ptr<ports::bus> open(executor /*where*/, ports::clock& clock) override {
        return rabbitmq::make_bus({.endpoint = rabbitmq::parse_url(url_).value()}, log_, clock);
    }

    std::vector<dead_letter> dead_letters() override {
        std::vector<dead_letter> result;
        amqp_client client(url_);
        while (const auto message = client.take("delivery.worker.dead-letter")) {
            result.push_back({.body = message->body, .reason = message->headers.at("x-delivery-reason")});
        }
        return result;
    }

    bool inject(const std::string& body) override {
        amqp_client client(url_);
        client.publish({.exchange = "delivery.events", .routing_key = "order.received", .body = body});
        return true;
    }

private:
    std::string url_;
    null_logger log_;
};

INSTANTIATE_TEST_SUITE_P(rabbitmq, bus_contract,
                         testing::Values(bus_adapter{"rabbitmq",
                                                     [] { return std::make_unique<rabbitmq_broker>(); }}));

}  // namespace
}  // namespace delivery::tests
