#include "runtime/system_clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>

namespace delivery::runtime {
namespace {

namespace asio = boost::asio;

class steady_timer final : public ports::timer {
public:
    explicit steady_timer(const executor& where) : timer_(where) {}

    awaitable<bool> wait(ports::duration length) override {
        timer_.expires_after(length);
        const auto [fault] = co_await timer_.async_wait(asio::as_tuple(asio::deferred));
        co_return !fault;
    }

    void cancel() override { timer_.cancel(); }

private:
    asio::steady_timer timer_;
};

}  // namespace

domain::timestamp system_clock::now() const {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

ports::instant system_clock::monotonic() const { return std::chrono::steady_clock::now(); }

std::unique_ptr<ports::timer> system_clock::make_timer(executor where) {
    return std::make_unique<steady_timer>(where);
}

}  // namespace delivery::runtime
