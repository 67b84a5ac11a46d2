#include "rabbitmq/bus_factory.hpp"

#include <atomic>
#include <stdexcept>
#include <utility>

#include "rabbitmq/consume_loop.hpp"
#include "rabbitmq/link_status.hpp"
#include "rabbitmq/publish_loop.hpp"

namespace delivery::rabbitmq {
namespace {

// Together within the two seconds that closing may take.
constexpr std::chrono::milliseconds closing_patience{800};

class rabbitmq_publisher final : public ports::publisher {
public:
    explicit rabbitmq_publisher(publish_loop& loop) : loop_(loop) {}

    awaitable<std::vector<ports::publish_outcome>> publish(
        std::span<const ports::event_message> messages) override {
        if (messages.empty()) co_return publish_outcomes{};
        auto start = [this, messages](completion<publish_outcomes> done) {
            loop_.submit(messages, std::move(done));
        };
        co_return co_await await_completion<publish_outcomes>(start);
    }

private:
    publish_loop& loop_;
};

class rabbitmq_consumer final : public ports::consumer {
public:
    // Shares the loops with the bus, so that either may go first.
    rabbitmq_consumer(std::shared_ptr<consume_loop> consuming, std::shared_ptr<publish_loop> publishing)
        : consuming_(std::move(consuming)), publishing_(std::move(publishing)) {}

    ~rabbitmq_consumer() override { consuming_->stop(); }

    awaitable<std::vector<ports::inbound_message>> receive(std::size_t max) override {
        auto start = [this, max](completion<inbound_messages> done) {
            consuming_->receive(max, std::move(done));
        };
        co_return co_await await_completion<inbound_messages>(start);
    }

    void acknowledge(std::span<const ports::delivery_tag> tags) override { consuming_->acknowledge(tags); }
    void give_back(std::span<const ports::delivery_tag> tags) override { consuming_->give_back(tags); }
    void pause() override { consuming_->pause(); }
    void resume() override { consuming_->resume(); }
    void stop() override { consuming_->stop(); }

    awaitable<bool> dead_letter(const ports::inbound_message& message, const std::string& reason) override {
        const auto tag = message.tag;
        dead_letter_copy letter{.body = message.body,
                                .message_id = message.message_id,
                                .content_type = message.content_type,
                                .reason = reason};
        auto start = [this, &letter](completion<publish_outcomes> done) {
            publishing_->submit(std::move(letter), std::move(done));
        };
        const auto outcomes = co_await await_completion<publish_outcomes>(start);
        if (outcomes.front() != ports::publish_outcome::confirmed) co_return false;
        consuming_->acknowledge({&tag, 1});
        co_return true;
    }

private:
    std::shared_ptr<consume_loop> consuming_;
    std::shared_ptr<publish_loop> publishing_;
};

class rabbitmq_bus final : public ports::bus {
public:
    rabbitmq_bus(const options& settings, ports::logger& log, ports::clock& clock)
        : settings_(settings),
          name_(bus_name(settings.endpoint)),
          clock_(clock),
          publisher_status_(name_, "publisher", log),
          consumer_status_(name_, "consumer", log),
          publishing_(std::make_shared<publish_loop>(settings_, publisher_status_, clock)),
          publisher_(*publishing_) {}

    ~rabbitmq_bus() override { close(); }

    [[nodiscard]] const std::string& name() const override { return name_; }

    [[nodiscard]] std::optional<std::string> find_fault() const override {
        if (auto fault = publisher_status_.find_fault()) return fault;
        return is_consuming_ ? consumer_status_.find_fault() : std::nullopt;
    }

    ports::publisher& publisher() override { return publisher_; }

    std::unique_ptr<ports::consumer> consume(executor) override {
        if (consuming_) throw std::logic_error("a bus is consumed once");
        consuming_ = std::make_shared<consume_loop>(settings_, consumer_status_, clock_);
        is_consuming_ = true;
        return std::make_unique<rabbitmq_consumer>(consuming_, publishing_);
    }

    void close() override {
        publishing_->finish(closing_patience);
        if (consuming_) consuming_->finish(closing_patience);
        publishing_->join();
        if (consuming_) consuming_->join();
    }

private:
    const options settings_;
    const std::string name_;
    ports::clock& clock_;
    link_status publisher_status_;
    link_status consumer_status_;
    std::shared_ptr<publish_loop> publishing_;
    std::shared_ptr<consume_loop> consuming_;
    std::atomic<bool> is_consuming_{false};
    rabbitmq_publisher publisher_;
};

}  // namespace

std::unique_ptr<ports::bus> make_bus(const options& settings, ports::logger& log, ports::clock& clock) {
    return std::make_unique<rabbitmq_bus>(settings, log, clock);
}

}  // namespace delivery::rabbitmq
