#include "postgres/connection_pool.hpp"

#include <gmock/gmock.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "support/fakes.hpp"
#include "support/run_coroutine.hpp"
#include "support/servers.hpp"

namespace delivery::postgres {
namespace {

using testing::ElementsAre;

class pool_of_one : public testing::Test {
protected:
    ~pool_of_one() override { tests::run_coroutine(context_, pool_->close()); }

    awaitable<void> take_turn(std::string name, urgency how) {
        const auto held = co_await pool_->acquire(until_, how);
        turns_.push_back(std::move(name));
    }
    /// Begins while another has the connection.
    void queue_up(std::string name, urgency how) {
        boost::asio::co_spawn(context_, take_turn(std::move(name), how), boost::asio::detached);
    }
    awaitable<void> hold_while_others_queue_up() {
        const auto held = co_await pool_->acquire(until_);
        queue_up("first", urgency::usual);
        queue_up("second", urgency::usual);
        queue_up("urgent", urgency::high);
        co_await boost::asio::post(boost::asio::use_awaitable);
        EXPECT_THAT(turns_, ElementsAre());
    }

    boost::asio::io_context context_{1};
    tests::null_logger logger_;
    deadline until_ = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::shared_ptr<connection_pool> pool_ = std::make_shared<connection_pool>(
        context_.get_executor(),
        options{.url = tests::shared_postgres().fresh_database(), .connections_max = 1}, logger_);
    std::vector<std::string> turns_;
};

TEST_F(pool_of_one, is_given_to_who_waits_longest_but_first_to_who_must_not_wait) {
    tests::run_coroutine(context_, hold_while_others_queue_up());
    context_.restart();
    context_.run_until(until_);
    EXPECT_THAT(turns_, ElementsAre("urgent", "first", "second"));
}

}  // namespace
}  // namespace delivery::postgres
