#include "postgres/connection_pool.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include "ports/store_error.hpp"
#include "postgres/server_addresses.hpp"

namespace delivery::postgres {
namespace {

using ports::store_error;
using ports::store_fault;
constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace

connection_pool::lease::lease(std::shared_ptr<connection_pool> pool, std::shared_ptr<connection> held)
    : pool_(std::move(pool)), held_(std::move(held)) {}

connection_pool::lease::~lease() {
    if (held_) pool_->give_back(std::move(held_));
}

connection_pool::connection_pool(executor where, options how, ports::logger& logger)
    : where_(std::move(where)), options_(std::move(how)), logger_(logger), all_returned_(where_) {
    all_returned_.expires_at(deadline::max());
}

awaitable<connection_pool::lease> connection_pool::acquire(deadline until, urgency how) {
    // Who was woken and found the connection taken by a newcomer goes to the front, too.
    for (bool goes_first = how == urgency::high;; goes_first = true) {
        if (is_closed_) throw store_error(store_fault::unavailable, "the store is closed");
        if (auto idle = take_idle()) {
            ++leased_;
            co_return lease(shared_from_this(), std::move(idle));
        }
        if (leased_ < options_.connections_max) break;
        co_await wait_for_turn(goes_first, until);
    }
    ++leased_;
    std::shared_ptr<connection> opened;
    try {
        opened = co_await open(until);
    } catch (...) {
        give_back(nullptr);
        throw;
    }
    co_return lease(shared_from_this(), std::move(opened));
}

std::shared_ptr<connection> connection_pool::take_idle() {
    while (!idle_.empty()) {
        auto idle = std::move(idle_.back());
        idle_.pop_back();
        if (idle->is_usable()) return idle;
    }
    return nullptr;
}

awaitable<void> connection_pool::wait_for_turn(bool goes_first, deadline until) {
    boost::asio::steady_timer turn(where_, until);
    waiting_.insert(goes_first ? waiting_.begin() : waiting_.end(), &turn);
    const auto [error] = co_await turn.async_wait(as_result);
    std::erase(waiting_, &turn);
    if (error) co_return;
    // It may have been woken in the very moment in which its time was over.
    wake_one();
    throw store_error(store_fault::unavailable, "no database connection became free in time");
}

void connection_pool::wake_one() {
    if (waiting_.empty()) return;
    waiting_.front()->cancel();
    waiting_.pop_front();
}

void connection_pool::give_back(std::shared_ptr<connection> returned) {
    --leased_;
    if (returned && !is_closed_ && returned->is_usable()) idle_.push_back(std::move(returned));
    wake_one();
    if (leased_ == 0) all_returned_.cancel();
}

awaitable<std::shared_ptr<connection>> connection_pool::open(deadline until) {
    auto opened = co_await open_any(until);
    const auto sql = make_settings();
    const statement settings{.name = "connect", .sql = sql.c_str(), .writes = false};
    co_await opened->run_script(settings, until);
    co_return opened;
}

// The hosts share the time that is left, so that a dead one does not use it up.
awaitable<std::shared_ptr<connection>> connection_pool::open_any(deadline until) {
    const auto servers = co_await find_servers(options_.url, until);
    std::string failure;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        auto attempt = std::make_shared<connection>(where_);
        const auto now = std::chrono::steady_clock::now();
        const auto share = (until - now) / static_cast<std::int64_t>(servers.size() - i);
        try {
            co_await attempt->connect(servers[i], now + share);
            co_return attempt;
        } catch (const store_error& error) {
            failure = error.what();
        }
    }
    logger_.debug("cannot connect to PostgreSQL", {{"error", std::string_view(failure)}});
    throw store_error(store_fault::unavailable, failure);
}

// Set after connecting and not as startup options, which a pooler refuses. Behind a transaction-mode pooler
// they reach some other session or none: correctness does not rest on them, deadlines are also kept on this
// side.
std::string connection_pool::make_settings() const {
    const auto statement_timeout = options_.deadline.count() * 9 / 10;
    return fmt::format(
        "SET statement_timeout = {0};"
        "SET lock_timeout = {1};"
        "SET idle_in_transaction_session_timeout = {0};"
        "SET default_transaction_isolation = 'read committed';"
        // What is acknowledged is durable, whatever the role's defaults.
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = "
        "'off';"
        // Every statement is written for its indexes. Planned once, maybe while the tables are still empty,
        // it must not be given a plan that reads a whole table when that has grown.
        "SET plan_cache_mode = force_generic_plan;"
        "SET enable_seqscan = off;"
        "SET enable_bitmapscan = off;"
        "SET enable_mergejoin = off;"
        "SET jit = off",
        statement_timeout, statement_timeout / 2);
}

awaitable<void> connection_pool::close() {
    is_closed_ = true;
    idle_.clear();
    while (!waiting_.empty()) wake_one();
    while (leased_ > 0) co_await all_returned_.async_wait(as_result);
}

}  // namespace delivery::postgres
