#include "memory/bus_factory.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/wakeup.hpp"
#include "memory/channel.hpp"
#include "ports/store_error.hpp"

namespace delivery::memory {
namespace {

/// A bell that may be rung from any thread; its waiter is on one executor.
std::function<void()> remote(const executor& where, std::weak_ptr<core::wakeup> bell) {
    return [where, bell = std::move(bell)] {
        boost::asio::post(where, [bell] {
            if (const auto alive = bell.lock()) alive->notify();
        });
    };
}

class in_process_consumer final : public ports::consumer {
public:
    in_process_consumer(std::shared_ptr<channel> queue, ports::clock& clock, const executor& where,
                        ports::dead_letter_store& dead_letters)
        : queue_(std::move(queue)),
          arrivals_(std::make_shared<core::wakeup>(clock, where)),
          dead_letters_(dead_letters) {
        queue_->attach(remote(where, arrivals_));
    }

    ~in_process_consumer() override { queue_->detach(); }

    awaitable<std::vector<ports::inbound_message>> receive(std::size_t max) override {
        while (!is_stopped_) {
            if (!is_paused_) {
                auto messages = queue_->take(max);
                if (!messages.empty()) co_return messages;
            }
            co_await arrivals_->wait(std::chrono::hours(1));
        }
        co_return std::vector<ports::inbound_message>{};
    }

    void acknowledge(std::span<const ports::delivery_tag> tags) override { queue_->settle(tags); }

    void give_back(std::span<const ports::delivery_tag> tags) override { queue_->give_back(tags); }

    awaitable<bool> dead_letter(const ports::inbound_message& message, const std::string& reason) override {
        // The letter has the event's id, so that a repeat is recognised by the store.
        const ports::dead_letter letter{
            .id = domain::uuid::parse(message.message_id).value_or(domain::uuid{}),
            .body = message.body,
            .reason = reason};
        try {
            co_await dead_letters_.add_dead_letters({&letter, 1});
        } catch (const ports::store_error&) {
            co_return false;
        }
        queue_->settle({&message.tag, 1});
        co_return true;
    }

    void pause() override { is_paused_ = true; }

    void resume() override {
        is_paused_ = false;
        arrivals_->notify();
    }

    void stop() override {
        is_stopped_ = true;
        queue_->refuse();
        arrivals_->notify();
    }

private:
    std::shared_ptr<channel> queue_;
    std::shared_ptr<core::wakeup> arrivals_;
    ports::dead_letter_store& dead_letters_;
    bool is_paused_ = false;
    bool is_stopped_ = false;
};

class in_process_bus final : public ports::bus, public ports::publisher {
public:
    in_process_bus(ports::clock& clock, ports::dead_letter_store& dead_letters, bus_options options)
        : clock_(clock),
          dead_letters_(dead_letters),
          options_(std::move(options)),
          queue_(std::make_shared<channel>(options_.queue_max)) {}

    [[nodiscard]] const std::string& name() const override { return options_.name; }
    [[nodiscard]] std::optional<std::string> find_fault() const override { return std::nullopt; }
    ports::publisher& publisher() override { return *this; }

    std::unique_ptr<ports::consumer> consume(executor where) override {
        return std::make_unique<in_process_consumer>(queue_, clock_, std::move(where), dead_letters_);
    }

    void close() override { queue_->detach(); }

    awaitable<std::vector<ports::publish_outcome>> publish(
        std::span<const ports::event_message> messages) override {
        const executor where = co_await boost::asio::this_coro::executor;
        const auto settled = std::make_shared<core::wakeup>(clock_, where);
        const auto call = std::make_shared<publication>();
        call->on_settled = remote(where, settled);
        if (queue_->publish(call, messages)) co_await settled->wait(options_.confirm_deadline);
        co_return queue_->abandon(*call);
    }

private:
    ports::clock& clock_;
    ports::dead_letter_store& dead_letters_;
    bus_options options_;
    std::shared_ptr<channel> queue_;
};

}  // namespace

std::unique_ptr<ports::bus> make_bus(ports::clock& clock, ports::dead_letter_store& dead_letters,
                                     bus_options options) {
    return std::make_unique<in_process_bus>(clock, dead_letters, std::move(options));
}

}  // namespace delivery::memory
