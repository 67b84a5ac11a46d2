#pragma once

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "ports/clock.hpp"

namespace delivery::tests {

/// Time as it is, for suites that run against real servers.
class real_clock final : public ports::clock {
public:
    [[nodiscard]] domain::timestamp now() const override {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    [[nodiscard]] ports::instant monotonic() const override { return std::chrono::steady_clock::now(); }
    std::unique_ptr<ports::timer> make_timer(executor where) override {
        return std::make_unique<real_timer>(where);
    }

private:
    class real_timer final : public ports::timer {
    public:
        explicit real_timer(const executor& where) : timer_(where) {}

        awaitable<bool> wait(ports::duration length) override {
            timer_.expires_after(length);
            boost::system::error_code error;
            co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
            co_return !error;
        }
        void cancel() override { timer_.cancel(); }

    private:
        boost::asio::steady_timer timer_;
    };
};

}  // namespace delivery::tests
