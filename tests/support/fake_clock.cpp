#include "support/fake_clock.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace delivery::tests {

namespace asio = boost::asio;

// A real timer that never ends by itself: its cancellation is what resumes the waiting coroutine.
struct fake_clock::wait {
    wait(const executor& where, ports::instant moment)
        : timer(where, asio::steady_timer::time_point::max()), due(moment) {}

    void end(bool whole) {
        is_whole = whole;
        is_over = true;
        timer.cancel();
    }

    asio::steady_timer timer;
    ports::instant due;
    bool is_whole = false;  // On the timer's executor only, as is_over.
    bool is_over = false;
};

class fake_clock::fake_timer final : public ports::timer {
public:
    fake_timer(fake_clock& clock, executor where) : clock_(clock), where_(std::move(where)) {}
    ~fake_timer() override { cancel(); }
    fake_timer(const fake_timer&) = delete;
    fake_timer& operator=(const fake_timer&) = delete;

    awaitable<bool> wait(ports::duration length) override {
        if (length <= ports::duration::zero()) {
            co_await asio::post(where_, asio::use_awaitable);
            co_return true;
        }
        const auto waiting = std::make_shared<fake_clock::wait>(where_, clock_.monotonic() + length);
        current_ = waiting;
        clock_.add(waiting);
        boost::system::error_code ignored;
        if (!waiting->is_over)
            co_await waiting->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return waiting->is_whole;
    }

    void cancel() override {
        if (const auto waiting = current_.lock(); waiting && !waiting->is_over) waiting->end(false);
    }

private:
    fake_clock& clock_;
    executor where_;
    std::weak_ptr<fake_clock::wait> current_;
};

fake_clock::fake_clock() : now_(std::chrono::sys_days(std::chrono::year(2025) / 1 / 1)) {}
fake_clock::~fake_clock() = default;

domain::timestamp fake_clock::now() const {
    const std::lock_guard lock(mutex_);
    return now_;
}

ports::instant fake_clock::monotonic() const {
    const std::lock_guard lock(mutex_);
    return monotonic_;
}

std::unique_ptr<ports::timer> fake_clock::make_timer(executor where) {
    return std::make_unique<fake_timer>(*this, std::move(where));
}

void fake_clock::add(std::shared_ptr<wait> added) {
    const std::lock_guard lock(mutex_);
    waits_.push_back(std::move(added));
}

void fake_clock::advance(ports::duration length) {
    const std::lock_guard lock(mutex_);
    monotonic_ += length;
    now_ += std::chrono::duration_cast<std::chrono::microseconds>(length);
    std::erase_if(waits_, [this](const std::shared_ptr<wait>& waiting) {
        if (waiting.use_count() == 1) return true;
        if (waiting->due > monotonic_) return false;
        asio::post(waiting->timer.get_executor(), [waiting] {
            if (!waiting->is_over) waiting->end(true);
        });
        return true;
    });
}

void fake_clock::set_now(domain::timestamp now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
}

std::size_t fake_clock::waiting() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::ranges::count_if(waits_, [](const auto& waiting) { return waiting.use_count() > 1; }));
}

}  // namespace delivery::tests
