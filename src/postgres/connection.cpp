#include "postgres/connection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "ports/store_error.hpp"
#include "postgres/faults.hpp"

namespace delivery::postgres {
namespace {

using boost::asio::posix::stream_descriptor;
using ports::store_error;
using ports::store_fault;
constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

// Names say what they stand for: behind a pooler, binaries of two versions may share a server connection.
std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 14695981039346656037U;
    for (const auto character : text) hash = (hash ^ static_cast<std::uint8_t>(character)) * 1099511628211U;
    return hash;
}

}  // namespace

/// Ends the waits of one call when its time is over.
class connection::deadline_guard {
public:
    deadline_guard(connection& owner, deadline until) : owner_(owner) {
        owner_.is_late_ = false;
        owner_.timer_.expires_at(until);
        // The handler may already be queued when the call ends, so it must know whether its call still runs.
        owner_.timer_.async_wait([weak = owner_.weak_from_this(), call = ++owner_.call_](auto error) {
            const auto self = weak.lock();
            if (error || !self || self->call_ != call) return;
            self->is_late_ = true;
            if (self->descriptor_.is_open()) self->descriptor_.cancel();
        });
    }
    ~deadline_guard() {
        ++owner_.call_;
        owner_.timer_.cancel();
    }
    deadline_guard(const deadline_guard&) = delete;
    deadline_guard& operator=(const deadline_guard&) = delete;

private:
    connection& owner_;
};

connection::connection(const executor& where, const libpq_functions& libpq)
    : where_(where), session_(libpq), descriptor_(where), timer_(where) {}

connection::~connection() { give_up(); }

// Released, not closed: Asio leaves it to the closing to end the watch, and a socket that libpq still holds
// would go on being watched.
void connection::unwatch() {
    if (descriptor_.is_open()) ::close(descriptor_.release());
}

// Its own descriptor of the socket, since libpq closes its one whenever it finds the connection lost: the
// number may mean another file, of another thread, before this one has ended its watch.
void connection::watch() {
    unwatch();
    boost::system::error_code error;
    const int own = ::fcntl(session_.socket(), F_DUPFD_CLOEXEC, 0);
    if (own < 0) {
        error.assign(errno, boost::system::system_category());
    } else {
        descriptor_.assign(own, error);
    }
    if (!error) return;
    if (own >= 0) ::close(own);
    throw session_error("the socket cannot be watched: " + error.message());
}

void connection::give_up() {
    is_broken_ = true;
    unwatch();
    session_.finish();
}

// Answers whether the socket can be read.
awaitable<bool> connection::wait(io_need need) {
    using namespace boost::asio::experimental::awaitable_operators;
    bool is_readable = need == io_need::read;
    if (!is_late_ && need == io_need::read) {
        co_await descriptor_.async_wait(stream_descriptor::wait_read, as_result);
    } else if (!is_late_ && need == io_need::write) {
        co_await descriptor_.async_wait(stream_descriptor::wait_write, as_result);
    } else if (!is_late_) {
        const auto first = co_await (descriptor_.async_wait(stream_descriptor::wait_read, as_result) ||
                                     descriptor_.async_wait(stream_descriptor::wait_write, as_result));
        is_readable = first.index() == 0;
    }
    co_return is_readable && !is_late_;
}

awaitable<void> connection::connect(connect_parameters parameters, deadline until) {
    const deadline_guard guard(*this, until);
    std::string failure;
    try {
        const auto need = session_.connect(parameters);
        co_await finish_connecting(need);
        co_return;
    } catch (const session_error& error) {
        failure = error.what();
    }
    give_up();
    throw store_error(store_fault::unavailable, "cannot connect to PostgreSQL: " + failure);
}

// libpq may open another socket in any step, even under the same number.
awaitable<void> connection::finish_connecting(io_need need) {
    while (need != io_need::nothing) {
        watch();
        co_await wait(need);
        unwatch();
        if (is_late_) throw session_error("no answer in time");
        need = session_.continue_connect();
    }
    watch();
}

template <typename Begin>
awaitable<command_end> connection::run_command(Begin begin) {
    std::string surprise;
    try {
        auto need = begin();
        while (need != io_need::nothing) {
            const auto is_readable = co_await wait(need);
            if (is_late_) break;
            need = session_.continue_command(is_readable);
        }
    } catch (const session_error& error) {
        surprise = error.what();
    }
    auto end = session_.take_end();
    if (is_late_) {
        end.error = server_error{.sqlstate = "", .message = "no answer in time", .constraint = ""};
    } else if (!surprise.empty()) {
        end.error = server_error{.sqlstate = "", .message = surprise, .constraint = ""};
    }
    if (is_late_ || end.lost || !surprise.empty() || (end.error && is_wrong_server(*end.error))) give_up();
    co_return end;
}

std::string connection::name_of(const statement& what) const {
    return fmt::format("delivery_{}_{:x}_{}", what.name, hash_of(what.sql), generation_);
}

awaitable<void> connection::prepare(const statement& what, const std::string& name, deadline until) {
    const deadline_guard guard(*this, until);
    auto end = co_await run_command([&] { return session_.prepare(name, what.sql); });
    const auto already_there = end.error && end.error->sqlstate == "42P05";
    // Nothing has been written yet, so even a lost connection leaves nothing unknown.
    constexpr bool writes = false;
    if ((end.error && !already_there) || end.lost) throw make_error(end, writes, what.name);
    prepared_[what.sql] = name;
}

awaitable<rows> connection::execute(const statement& what, const parameters& values, deadline until) {
    if (is_broken_) throw store_error(store_fault::unavailable, "the connection is gone");
    for (bool is_retry = false;; is_retry = true) {
        if (!prepared_.contains(what.sql)) co_await prepare(what, name_of(what), until);
        const deadline_guard guard(*this, until);
        auto end = co_await run_command([&] { return session_.execute(prepared_[what.sql], values); });
        if (!end.error && !end.lost) co_return rows(std::move(end.result));
        const bool is_forgotten = end.error && must_prepare_again(*end.error);
        if (is_retry || is_broken_ || !is_forgotten) {
            // What was prepared in vain stays with the server for as long as the connection does.
            if (is_forgotten) give_up();
            throw make_error(end, what.writes, what.name);
        }
        prepared_.clear();
        ++generation_;
    }
}

awaitable<rows> connection::run_script(const statement& what, deadline until) {
    if (is_broken_) throw store_error(store_fault::unavailable, "the connection is gone");
    const deadline_guard guard(*this, until);
    auto end = co_await run_command([&] { return session_.run_script(what.sql); });
    if (end.error || end.lost) throw make_error(end, what.writes, what.name);
    co_return rows(std::move(end.result));
}

bool connection::is_usable() const {
    if (is_broken_ || !session_.is_idle()) return false;
    pollfd socket{.fd = session_.socket(), .events = POLLIN | POLLRDHUP, .revents = 0};
    return ::poll(&socket, 1, 0) == 0;
}

}  // namespace delivery::postgres
