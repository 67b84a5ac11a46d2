#include "http/server.hpp"

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/connection.hpp"
#include "http/request_ids.hpp"
#include "http/response_text.hpp"

namespace delivery::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

/// How long the acceptor rests when the process or the system has no descriptor or memory left.
constexpr milliseconds accept_pause{100};
constexpr milliseconds turned_away_note_interval{5'000};
/// How much of the request of a client that is turned away is read: as much as the largest headers.
constexpr std::size_t turned_away_bytes_max = request_limits{}.header;
constexpr milliseconds drain_poll{10};
/// For connections that were cut off to end.
constexpr milliseconds cut_limit{1000};

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

tcp::acceptor open_acceptor(const executor& where, const server_options& options) {
    try {
        tcp::resolver resolver(where);
        const auto flags = tcp::resolver::passive | tcp::resolver::numeric_service;
        const tcp::endpoint address =
            *resolver.resolve(options.host, std::to_string(options.port), flags).begin();
        tcp::acceptor acceptor(where);
        acceptor.open(address.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        acceptor.bind(address);
        acceptor.listen(tcp::acceptor::max_listen_connections);
        acceptor.non_blocking(true);
        return acceptor;
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error(
            fmt::format("cannot listen on {}:{}: {}", options.host, options.port, error.code().message()));
    }
}

bool is_shortage(const error_code& error) {
    return error == boost::system::errc::too_many_files_open ||
           error == boost::system::errc::too_many_files_open_in_system ||
           error == boost::system::errc::no_buffer_space || error == boost::system::errc::not_enough_memory;
}

/// The connections of one reactor, with the timer that keeps their deadlines.
struct reactor : connection_group {
    reactor(std::shared_ptr<server_state> shared, endpoint where)
        : connection_group{.state = std::move(shared), .point = std::move(where)}, timer(point.where) {}

    asio::steady_timer timer;
    bool is_stopped = false;
};

/// Looks over all connections several times a second: far cheaper than a timer armed for each request.
awaitable<void> sweep(std::shared_ptr<reactor> reactor) {
    const auto& state = *reactor->state;
    while (!reactor->is_stopped || state.is_accepting || reactor->dealt != 0) {
        reactor->timer.expires_after(reactor->state->options.times.sweep);
        error_code ignored;
        co_await reactor->timer.async_wait(into(ignored));
        const auto now = connection::clock::now();
        for (auto* member : reactor->members) member->expire(now);
    }
}

/// The part of the server that its coroutines share, so that it lives as long as the last of them.
class acceptance : public std::enable_shared_from_this<acceptance> {
public:
    acceptance(std::shared_ptr<server_state> state, std::vector<std::shared_ptr<reactor>> reactors)
        : state_(std::move(state)),
          reactors_(std::move(reactors)),
          acceptor_(open_acceptor(reactors_.front()->point.where, state_->options)),
          pause_(acceptor_.get_executor()) {}

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    void start() {
        for (const auto& reactor : reactors_) spawn(reactor->point.where, sweep(reactor));
        spawn(acceptor_.get_executor(), accept_all());
    }

    void stop() {
        asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
            self->is_stopped_ = true;
            self->pause_.cancel();
            error_code ignored;
            self->acceptor_.cancel(ignored);
        });
    }

    /// Runs a function on each reactor.
    template <typename F>
    void on_each_reactor(F function) {
        for (const auto& reactor : reactors_) {
            asio::post(reactor->point.where, [reactor, function] { function(*reactor); });
        }
    }

private:
    void spawn(const executor& where, awaitable<void> coroutine) {
        ++state_->tasks;
        asio::co_spawn(where, std::move(coroutine), [state = state_](const std::exception_ptr& failure) {
            report(*state, failure);
            --state->tasks;
        });
    }

    static void report(server_state& state, const std::exception_ptr& failure) {
        if (!failure) return;
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            state.logger.error("http server task failed", {{"error", std::string_view(error.what())}});
        }
    }

    awaitable<void> accept_all() {
        auto self = shared_from_this();
        while (!is_stopped_) {
            error_code error;
            co_await acceptor_.async_wait(tcp::acceptor::wait_read, into(error));
            error = accept_waiting();
            if (!is_shortage(error)) continue;
            state_->logger.warn("cannot accept connections", {{"error", std::string_view(error.message())}});
            pause_.expires_after(accept_pause);
            co_await pause_.async_wait(into(error));
        }
        static_cast<void>(accept_waiting());
        error_code ignored;
        acceptor_.close(ignored);
        state_->is_accepting = false;
    }

    /// Takes connections until none waits, and answers what ended it.
    error_code accept_waiting() {
        for (;;) {
            error_code error;
            auto& next = reactors_[turn_ % reactors_.size()];
            tcp::socket socket(next->point.where);
            acceptor_.accept(socket, error);
            if (!error) {
                ++turn_;
                welcome(next, std::move(socket));
            } else if (error != asio::error::connection_aborted && error != asio::error::interrupted) {
                return error;
            }
        }
    }

    void welcome(const std::shared_ptr<reactor>& next, tcp::socket socket) {
        if (state_->connections >= state_->options.connections) {
            note_turned_away();
            turn_away(socket);
            return;
        }
        ++state_->connections;
        ++state_->tasks;
        ++next->dealt;
        asio::post(next->point.where, [next, socket = std::move(socket)]() mutable {
            auto client = std::make_shared<connection>(next, std::move(socket));
            asio::co_spawn(
                next->point.where, connection::serve(client),
                [state = next->state](const std::exception_ptr& failure) { report(*state, failure); });
        });
    }

    /// What has come of a request is read first: closing with bytes unread would make the system reset the
    /// connection, and the client lose the answer.
    void turn_away(tcp::socket& socket) {
        const auto text = make_busy_response(
            ids_.request_id(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())));
        std::array<char, turned_away_bytes_max> waste;
        error_code ignored;
        socket.non_blocking(true, ignored);
        socket.read_some(asio::buffer(waste), ignored);
        socket.write_some(asio::buffer(text), ignored);
        socket.shutdown(tcp::socket::shutdown_send, ignored);
    }

    /// Counted each, told once in a while: a flood of clients is not to be a flood of lines.
    void note_turned_away() {
        state_->options.on_turned_away();
        ++turned_away_;
        const auto now = connection::clock::now();
        if (now < next_turned_away_note_) return;
        next_turned_away_note_ = now + turned_away_note_interval;
        state_->logger.warn("connections beyond the limit were turned away",
                            {{"count", static_cast<std::int64_t>(std::exchange(turned_away_, 0))},
                             {"limit", static_cast<std::int64_t>(state_->options.connections)}});
    }

    std::shared_ptr<server_state> state_;
    std::vector<std::shared_ptr<reactor>> reactors_;
    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    id_maker ids_;
    std::size_t turn_ = 0;
    std::size_t turned_away_ = 0;
    connection::clock::time_point next_turned_away_note_{};
    bool is_stopped_ = false;
};

class tcp_server final : public server {
public:
    tcp_server(std::shared_ptr<server_state> state, std::shared_ptr<acceptance> acceptance)
        : state_(std::move(state)), acceptance_(std::move(acceptance)), port_(acceptance_->port()) {
        acceptance_->start();
    }

    // Posting throws nothing but bad_alloc.
    ~tcp_server() override { stop_accepting(); }  // NOLINT(bugprone-exception-escape)
    tcp_server(const tcp_server&) = delete;
    tcp_server& operator=(const tcp_server&) = delete;

    [[nodiscard]] std::uint16_t port() const override { return port_; }
    [[nodiscard]] std::size_t connections() const override { return state_->connections; }
    void send_away() override { state_->is_sending_away = true; }
    void stop_accepting() final {
        if (state_->is_accepting) acceptance_->stop();
    }

    awaitable<bool> drain(milliseconds limit) override {
        auto state = state_;
        auto acceptance = acceptance_;
        state->is_sending_away = true;
        state->is_draining = true;
        if (state->is_accepting) acceptance->stop();
        acceptance->on_each_reactor([](reactor& reactor) {
            reactor.is_stopped = true;
            reactor.timer.cancel();
            for (auto* member : reactor.members) member->begin_drain();
        });
        if (co_await ends_within(state, limit)) co_return true;
        acceptance->on_each_reactor([](reactor& reactor) {
            for (auto* member : reactor.members) member->cut();
        });
        co_return co_await ends_within(state, cut_limit);
    }

private:
    static awaitable<bool> ends_within(std::shared_ptr<server_state> state, milliseconds limit) {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (state->tasks != 0 && std::chrono::steady_clock::now() < deadline) {
            timer.expires_after(drain_poll);
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_return state->tasks == 0;
    }

    std::shared_ptr<server_state> state_;
    std::shared_ptr<acceptance> acceptance_;
    std::uint16_t port_;
};

}  // namespace

std::unique_ptr<server> listen(server_options options, std::vector<endpoint> endpoints,
                               ports::logger& logger) {
    auto state = std::make_shared<server_state>(std::move(options), logger);
    std::vector<std::shared_ptr<reactor>> reactors;
    for (auto& point : endpoints) reactors.push_back(std::make_shared<reactor>(state, std::move(point)));
    auto accepting = std::make_shared<acceptance>(state, std::move(reactors));
    return std::make_unique<tcp_server>(std::move(state), std::move(accepting));
}

}  // namespace delivery::http
