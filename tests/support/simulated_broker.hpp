#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ports/bus.hpp"
#include "support/simulated_network.hpp"

namespace delivery::tests {

/// What goes wrong at the broker and on the way to it and back. Chances are per call or per message.
struct broker_faults {
    ports::duration delay_max = std::chrono::milliseconds(3);
    per_mille cut = 0;           ///< The connection breaks within a batch: what comes after does not arrive.
    per_mille confirm_lost = 0;  ///< A message arrives and counts as failed.
    per_mille refused = 0;
    per_mille returned = 0;
    per_mille late = 0;              ///< A batch arrives up to five seconds later, when it was given up.
    per_mille acknowledge_lost = 0;  ///< The consumer's connection breaks with the acknowledgement.
    per_mille dead_letter_failed = 0;
    per_mille forgotten = 0;  ///< A confirmed message is lost: only announcing it again helps.
    bool is_down = false;
    bool confirms_unseen = false;  ///< Broken on purpose: what never arrived is confirmed.
};

/// A broker with the one worker queue, which it hands out in any order, and everything that ever was on the
/// wire.
class simulated_broker {
public:
    simulated_broker(simulated_time& time, std::mt19937_64& random) : time_(time), random_(random) {}

    /// Made for one process; both must not outlive its clock. The consumer gives back what it has when it
    /// ends.
    std::unique_ptr<ports::publisher> make_publisher(simulated_clock& clock, executor where);
    std::unique_ptr<ports::consumer> make_consumer(simulated_clock& clock, const executor& where);

    /// Lets go of all faults; consumers that found nothing meanwhile look again.
    void heal();

    void go_down() { faults.is_down = true; }
    void come_up();

    /// Breaks all consumers' connections: what they have comes again, and their tags are worthless.
    void break_connections();

    /// Nothing waits and nothing is unacknowledged.
    [[nodiscard]] bool is_idle() const;

    broker_faults faults;
    crossing_guard guard = [] { return crossing::safe; };
    std::vector<domain::order_event> wire;
    std::vector<std::string> dead_letters;  ///< Their reasons.

private:
    class simulated_publisher;
    class simulated_consumer;
    struct publication;
    struct queued {
        ports::event_message message;
        bool redelivered = false;
    };

    void arrive(publication& batch);
    ports::publish_outcome take_in(const ports::event_message& message);
    void ring();
    std::vector<ports::inbound_message> hand_out(simulated_consumer& to, std::size_t max);
    bool happens(per_mille chance);
    ports::duration delay(ports::duration most);

    simulated_time& time_;
    std::mt19937_64& random_;
    std::deque<queued> queue_;
    std::vector<simulated_consumer*> consumers_;
    std::uint64_t last_connection_ = 0;
};

}  // namespace delivery::tests
