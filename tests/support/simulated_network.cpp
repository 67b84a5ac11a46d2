#include "support/simulated_network.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "ports/store_error.hpp"

namespace delivery::tests {

using ports::store_fault;
using namespace std::chrono_literals;

struct simulated_network::round_trip {
    std::string_view call;
    std::function<void()> effect;
    std::unique_ptr<ports::timer> answered;
    std::exception_ptr failure;
    bool is_answered = false;

    void run() {
        try {
            effect();
        } catch (...) {
            failure = std::current_exception();
        }
    }

    void run_unheard() {
        try {
            effect();
        } catch (const ports::store_error&) {
            failure = std::current_exception();  // Nobody listens any more.
        }
    }

    void fail(store_fault fault) {
        failure = std::make_exception_ptr(ports::store_error(fault, "simulated"));
    }

    [[nodiscard]] bool writes() const {
        static constexpr std::array reads{std::string_view("find"),  std::string_view("history"),
                                          std::string_view("list"),  std::string_view("pending"),
                                          std::string_view("depth"), std::string_view("find_other_bus"),
                                          std::string_view("audit"), std::string_view("find_fault")};
        return std::ranges::find(reads, call) == reads.end();
    }
};

awaitable<void> simulated_network::carry(simulated_clock& clock, executor where, bool is_cut_off,
                                         std::string_view call, std::function<void()> effect) {
    const auto trip = std::make_shared<round_trip>(call, std::move(effect), clock.make_timer(where));
    send(trip, is_cut_off);
    while (!trip->is_answered) co_await trip->answered->wait(1h);
    if (trip->failure) std::rethrow_exception(trip->failure);
}

void simulated_network::send(const std::shared_ptr<round_trip>& trip, bool is_cut_off) {
    const auto singled_out = guard();
    const bool is_lost = is_cut_off || faults.is_down || singled_out == crossing::request_lost;
    if (is_lost || happens(faults.request_lost)) {
        trip->fail(store_fault::unavailable);
        answer(trip, delay());
    } else if (singled_out == crossing::safe && happens(faults.conflict)) {
        trip->fail(store_fault::conflict);
        answer(trip, delay());
    } else if (singled_out == crossing::safe && trip->writes() && happens(faults.answer_too_soon)) {
        trip->fail(store_fault::outcome_unknown);
        answer(trip, delay());
        time_.after(ports::duration(static_cast<ports::duration::rep>(random_() % 2'000'000'000)),
                    [trip] { trip->run_unheard(); });
    } else {
        const bool is_slow = happens(faults.slow);
        time_.after(is_slow ? 50 * delay() + 50ms : delay(), [this, trip, singled_out] {
            trip->run();
            const bool is_unanswered = singled_out == crossing::answer_lost || happens(faults.answer_lost);
            if (!trip->failure && is_unanswered) {
                trip->fail(trip->writes() ? store_fault::outcome_unknown : store_fault::unavailable);
            }
            answer(trip, delay());
        });
    }
}

void simulated_network::answer(const std::shared_ptr<round_trip>& trip, ports::duration delay) {
    time_.after(delay, [trip] {
        trip->is_answered = true;
        trip->answered->cancel();
    });
}

bool simulated_network::happens(per_mille chance) {
    return chance > 0 && static_cast<per_mille>(random_() % 1000) < chance;
}

ports::duration simulated_network::delay() {
    return ports::duration(static_cast<ports::duration::rep>(
        random_() % static_cast<std::uint64_t>(faults.delay_max.count() + 1)));
}

}  // namespace delivery::tests
