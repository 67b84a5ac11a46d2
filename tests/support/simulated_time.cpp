#include "support/simulated_time.hpp"

#include <algorithm>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace delivery::tests {

namespace asio = boost::asio;

domain::timestamp simulated_time::wall() const {
    constexpr domain::timestamp beginning = std::chrono::sys_days(std::chrono::year(2025) / 1 / 1);
    return beginning + std::chrono::floor<std::chrono::microseconds>(now_.time_since_epoch());
}

simulated_time::ticket simulated_time::after(ports::duration length, action act) {
    const ticket entry(now_ + std::max(length, ports::duration::zero()), ++last_);
    agenda_.emplace(entry, std::move(act));
    return entry;
}

void simulated_time::step() {
    auto next = agenda_.extract(agenda_.begin());
    now_ = next.key().first;
    next.mapped()();
}

class simulated_clock::simulated_timer final : public ports::timer {
public:
    simulated_timer(simulated_clock& clock, executor where) : clock_(clock), where_(std::move(where)) {}
    ~simulated_timer() override { cancel(); }
    simulated_timer(const simulated_timer&) = delete;
    simulated_timer& operator=(const simulated_timer&) = delete;

    awaitable<bool> wait(ports::duration length) override {
        return asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(
            [this, length](auto handler) { number_ = clock_.begin(where_, length, std::move(handler)); },
            asio::use_awaitable);
    }

    void cancel() override { clock_.end(number_, false); }

private:
    simulated_clock& clock_;
    executor where_;
    std::uint64_t number_ = 0;
};

domain::timestamp simulated_clock::now() const { return time_.wall() + skew_; }

std::unique_ptr<ports::timer> simulated_clock::make_timer(executor where) {
    return std::make_unique<simulated_timer>(*this, std::move(where));
}

std::uint64_t simulated_clock::begin(const executor& where, ports::duration length,
                                     std::move_only_function<void(bool)> resume) {
    if (is_abandoned_) return 0;
    const auto number = ++last_;
    const auto entry = time_.after(length, [this, number] { end(number, true); });
    waits_.emplace(number, wait{.entry = entry, .where = where, .resume = std::move(resume)});
    return number;
}

void simulated_clock::end(std::uint64_t number, bool is_whole) {
    const auto found = waits_.find(number);
    if (found == waits_.end()) return;
    auto ended = std::move(found->second);
    waits_.erase(found);
    time_.forget(ended.entry);
    asio::post(ended.where, [resume = std::move(ended.resume), is_whole]() mutable { resume(is_whole); });
}

void simulated_clock::abandon() {
    is_abandoned_ = true;
    for (const auto& [number, waiting] : waits_) time_.forget(waiting.entry);
    const auto dropped = std::exchange(waits_, {});
}

}  // namespace delivery::tests
