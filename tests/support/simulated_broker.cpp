#include "support/simulated_broker.hpp"

#include <algorithm>
#include <span>

#include "core/wakeup.hpp"
#include "domain/flow.hpp"

namespace delivery::tests {

using ports::publish_outcome;
using namespace std::chrono_literals;

struct simulated_broker::publication {
    std::vector<ports::event_message> messages;
    std::vector<publish_outcome> outcomes;
    std::unique_ptr<ports::timer> answered;
    crossing singled_out = crossing::safe;
    bool is_answered = false;
};

class simulated_broker::simulated_publisher final : public ports::publisher {
public:
    simulated_publisher(simulated_broker& broker, simulated_clock& clock, executor where)
        : broker_(broker), clock_(clock), where_(std::move(where)) {}

    awaitable<std::vector<publish_outcome>> publish(std::span<const ports::event_message> messages) override {
        const auto batch = std::make_shared<publication>();
        batch->messages.assign(messages.begin(), messages.end());
        batch->outcomes.assign(messages.size(), publish_outcome::failed);
        batch->answered = clock_.make_timer(where_);
        batch->singled_out = broker_.guard();
        auto* broker = &broker_;
        const auto delay =
            broker->delay(broker->happens(broker->faults.late) ? 5s : broker->faults.delay_max);
        broker->time_.after(delay, [broker, batch] {
            broker->arrive(*batch);
            broker->time_.after(broker->delay(broker->faults.delay_max), [batch] {
                batch->is_answered = true;
                batch->answered->cancel();
            });
        });
        co_await batch->answered->wait(confirm_deadline);
        if (!batch->is_answered) co_return std::vector(messages.size(), publish_outcome::failed);
        co_return batch->outcomes;
    }

private:
    static constexpr ports::duration confirm_deadline = 2s;

    simulated_broker& broker_;
    simulated_clock& clock_;
    executor where_;
};

class simulated_broker::simulated_consumer final : public ports::consumer {
public:
    simulated_consumer(simulated_broker& broker, simulated_clock& clock, const executor& where)
        : broker_(broker),
          timer_(clock.make_timer(where)),
          arrivals(std::make_shared<core::wakeup>(clock, where)) {
        reconnect();
        broker_.consumers_.push_back(this);
    }
    ~simulated_consumer() override {
        requeue_all();
        std::erase(broker_.consumers_, this);
    }
    simulated_consumer(const simulated_consumer&) = delete;
    simulated_consumer& operator=(const simulated_consumer&) = delete;

    awaitable<std::vector<ports::inbound_message>> receive(std::size_t max) override {
        while (!is_stopped_) {
            if (!is_paused_) {
                auto messages = broker_.hand_out(*this, max);
                if (!messages.empty()) co_return messages;
            }
            co_await arrivals->wait(1h);
        }
        co_return std::vector<ports::inbound_message>{};
    }

    void acknowledge(std::span<const ports::delivery_tag> tags) override {
        const bool is_lost = !tags.empty() && broker_.guard() != crossing::safe;
        if (is_lost || broker_.happens(broker_.faults.acknowledge_lost)) return reconnect();
        for (const auto& tag : tags) {
            if (tag.connection == connection_) unacknowledged.erase(tag.number);
        }
    }

    void give_back(std::span<const ports::delivery_tag> tags) override {
        for (const auto& tag : tags) {
            if (tag.connection == connection_) requeue(unacknowledged.extract(tag.number));
        }
        broker_.ring();
    }

    awaitable<bool> dead_letter(const ports::inbound_message& message, const std::string& reason) override {
        co_await timer_->wait(broker_.delay(broker_.faults.delay_max));
        if (broker_.faults.is_down || broker_.happens(broker_.faults.dead_letter_failed)) co_return false;
        broker_.dead_letters.push_back(reason);
        acknowledge({&message.tag, 1});
        co_return true;
    }

    void pause() override { is_paused_ = true; }

    void resume() override {
        is_paused_ = false;
        arrivals->notify();
    }

    void stop() override {
        is_stopped_ = true;
        arrivals->notify();
    }

    void reconnect() {
        requeue_all();
        connection_ = ++broker_.last_connection_;
    }

    ports::delivery_tag keep(queued message) {
        unacknowledged.emplace(++last_number_, std::move(message));
        return {.connection = connection_, .number = last_number_};
    }

private:
    void requeue(std::map<std::uint64_t, queued>::node_type node) {
        if (node.empty()) return;
        node.mapped().redelivered = true;
        broker_.queue_.push_front(std::move(node.mapped()));
    }

    void requeue_all() {
        while (!unacknowledged.empty()) requeue(unacknowledged.extract(unacknowledged.begin()));
        broker_.ring();
    }

    simulated_broker& broker_;
    std::unique_ptr<ports::timer> timer_;
    std::uint64_t connection_ = 0;
    std::uint64_t last_number_ = 0;
    bool is_paused_ = false;
    bool is_stopped_ = false;

public:
    const std::shared_ptr<core::wakeup> arrivals;
    std::map<std::uint64_t, queued> unacknowledged;
};

std::unique_ptr<ports::publisher> simulated_broker::make_publisher(simulated_clock& clock, executor where) {
    return std::make_unique<simulated_publisher>(*this, clock, std::move(where));
}

std::unique_ptr<ports::consumer> simulated_broker::make_consumer(simulated_clock& clock,
                                                                 const executor& where) {
    return std::make_unique<simulated_consumer>(*this, clock, where);
}

void simulated_broker::heal() {
    faults = {.confirms_unseen = faults.confirms_unseen};
    ring();
}

void simulated_broker::come_up() {
    faults.is_down = false;
    ring();
}

void simulated_broker::break_connections() {
    for (auto* consumer : consumers_) consumer->reconnect();
}

bool simulated_broker::is_idle() const {
    return queue_.empty() && std::ranges::all_of(consumers_, [](const auto* consumer) {
               return consumer->unacknowledged.empty();
           });
}

void simulated_broker::arrive(publication& batch) {
    auto arriving = faults.is_down || batch.singled_out == crossing::request_lost ? 0 : batch.messages.size();
    if (happens(faults.cut)) arriving = random_() % (arriving + 1);
    for (std::size_t i = 0; i < batch.messages.size(); ++i) {
        if (i < arriving) {
            batch.outcomes[i] = take_in(batch.messages[i]);
        } else if (faults.confirms_unseen) {
            batch.outcomes[i] = publish_outcome::confirmed;
        }
    }
    if (batch.singled_out == crossing::answer_lost)
        std::ranges::fill(batch.outcomes, publish_outcome::failed);
    ring();
}

publish_outcome simulated_broker::take_in(const ports::event_message& message) {
    const bool is_wanted = !domain::is_finished(message.event.status);
    if (happens(faults.refused)) return publish_outcome::refused;
    if (is_wanted && happens(faults.returned)) return publish_outcome::returned;
    wire.push_back(message.event);
    if (is_wanted && !happens(faults.forgotten)) queue_.push_back({.message = message, .redelivered = false});
    return happens(faults.confirm_lost) ? publish_outcome::failed : publish_outcome::confirmed;
}

void simulated_broker::ring() {
    for (const auto* consumer : consumers_) {
        time_.after(delay(faults.delay_max), [bell = std::weak_ptr(consumer->arrivals)] {
            if (const auto alive = bell.lock()) alive->notify();
        });
    }
}

std::vector<ports::inbound_message> simulated_broker::hand_out(simulated_consumer& to, std::size_t max) {
    std::vector<ports::inbound_message> messages;
    if (faults.is_down || queue_.empty()) return messages;
    const auto count = 1 + random_() % std::min(max, queue_.size());
    while (messages.size() < count) {
        const auto chosen = queue_.begin() + static_cast<std::ptrdiff_t>(random_() % queue_.size());
        auto next = std::move(*chosen);
        queue_.erase(chosen);
        messages.push_back({.tag = {},
                            .redelivered = next.redelivered,
                            .content = next.message,
                            .body = {},
                            .message_id = next.message.event.id.to_string(),
                            .content_type = "application/json"});
        messages.back().tag = to.keep(std::move(next));
    }
    return messages;
}

bool simulated_broker::happens(per_mille chance) {
    return chance > 0 && static_cast<per_mille>(random_() % 1000) < chance;
}

ports::duration simulated_broker::delay(ports::duration most) {
    return ports::duration(
        static_cast<ports::duration::rep>(random_() % static_cast<std::uint64_t>(most.count() + 1)));
}

}  // namespace delivery::tests
