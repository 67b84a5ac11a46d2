#pragma once

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "ports/logger.hpp"
#include "postgres/connection.hpp"
#include "postgres/store_factory.hpp"

namespace delivery::postgres {

/// Who waits for a connection: what must not come late, however many others wait, goes to the front.
enum class urgency { usual, high };

/// A store's few connections. All calls are made on its executor.
class connection_pool : public std::enable_shared_from_this<connection_pool> {
public:
    /// A connection that is the holder's alone; it goes back, if it can be used again, when this ends.
    class lease {
    public:
        lease(std::shared_ptr<connection_pool> pool, std::shared_ptr<connection> held);
        lease(lease&&) = default;
        lease& operator=(lease&&) = delete;
        ~lease();
        connection* operator->() const { return held_.get(); }

    private:
        std::shared_ptr<connection_pool> pool_;
        std::shared_ptr<connection> held_;
    };

    connection_pool(executor where, options how, ports::logger& logger);

    /// Waits for a free connection, or opens one. Throws store_error `unavailable` at the latest at the
    /// deadline.
    awaitable<lease> acquire(deadline until, urgency how = urgency::usual);

    /// Lets nobody in any more, and comes back when the last lease has ended.
    awaitable<void> close();

private:
    std::shared_ptr<connection> take_idle();
    awaitable<std::shared_ptr<connection>> open(deadline until);
    awaitable<std::shared_ptr<connection>> open_any(deadline until);
    awaitable<void> wait_for_turn(bool goes_first, deadline until);
    void give_back(std::shared_ptr<connection> returned);
    void wake_one();
    [[nodiscard]] std::string make_settings() const;

    executor where_;
    options options_;
    ports::logger& logger_;
    std::vector<std::shared_ptr<connection>> idle_;
    std::size_t leased_ = 0;
    std::deque<boost::asio::steady_timer*> waiting_;
    bool is_closed_ = false;
    boost::asio::steady_timer all_returned_;
};

}  // namespace delivery::postgres
