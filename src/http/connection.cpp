#include "http/connection.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

namespace delivery::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Answers up to this size are copied behind their headers, so that one buffer is written; larger ones are
/// not copied.
constexpr std::size_t copied_body_max = 16 * 1024;
/// How much a refused client may still send before it is cut off.
constexpr std::size_t lingering_bytes_max = 256 * 1024;

/// To wait for an operation itself saves the coroutine that `use_awaitable` wraps around it.
constexpr auto as_result = asio::as_tuple(asio::deferred);

bool would_block(const error_code& error) {
    return error == asio::error::would_block || error == asio::error::try_again;
}

std::string address_of(const tcp::socket& socket) {
    error_code error;
    const auto remote = socket.remote_endpoint(error);
    return error ? std::string{} : remote.address().to_string();
}

/// Counts an answer's bytes for as long as it lives.
class unsent_bytes {
public:
    unsent_bytes(std::atomic<std::size_t>& count, std::size_t size)
        : count_(count), size_(size), total_(count.fetch_add(size, std::memory_order_relaxed) + size) {}
    ~unsent_bytes() { count_.fetch_sub(size_, std::memory_order_relaxed); }
    unsent_bytes(const unsent_bytes&) = delete;
    unsent_bytes& operator=(const unsent_bytes&) = delete;

    /// What was counted at the beginning, this answer included.
    [[nodiscard]] std::size_t total() const { return total_; }

private:
    std::atomic<std::size_t>& count_;
    std::size_t size_;
    std::size_t total_;
};

}  // namespace

connection::connection(std::shared_ptr<connection_group> group, tcp::socket socket)
    : group_(std::move(group)),
      place_(group_->members.insert(group_->members.end(), this)),
      socket_(std::move(socket)),
      incoming_(request_, group_->state->options.sizes),
      // One byte more than the largest header, so that a larger one is seen.
      unread_(group_->state->options.sizes.header + 1) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    request_.remote_address = address_of(socket_);
}

connection::~connection() {
    group_->members.erase(place_);
    --group_->dealt;
    --group_->state->connections;
    --group_->state->tasks;
}

awaitable<void> connection::serve(std::shared_ptr<connection> client) { co_await client->run(); }

awaitable<void> connection::run() {
    for (;;) {
        const auto outcome = co_await read_request();
        if (outcome == read_outcome::gone) co_return;
        const bool was_refused = outcome == read_outcome::refused;
        enter(phase::handling);
        response answer;
        if (was_refused) {
            answer = group_->point.refuse(request_, *refusal_);
        } else {
            answer = co_await group_->point.handle(request_);
        }
        const auto end = end_after(answer, was_refused);
        auto bytes = compose(answer, end);
        auto is_sent = write_now(bytes);
        if (!is_sent) is_sent = co_await write_later(bytes, answer.body.size());
        if (!*is_sent) co_return;
        if (end == connection_end::close) break;
    }
    co_await linger();
}

awaitable<connection::read_outcome> connection::read_request() {
    incoming_.reset();
    refusal_.reset();
    enter(phase::idle);
    for (;;) {
        if (!unread_.is_empty()) {
            unread_.consume(incoming_.feed(unread_.data()));
            // Empty lines, which some clients send after a request, are the beginning of none.
            const bool has_begun = !unread_.is_empty() || incoming_.is_header_done();
            if (phase_ == phase::idle && has_begun) enter(phase::header);
            if (incoming_.is_complete()) co_return read_outcome::complete;
            refusal_ = incoming_.fault();
            if (refusal_) co_return read_outcome::refused;
            if (phase_ == phase::header && incoming_.is_header_done()) {
                enter(phase::body);
                if (unread_.is_empty() && incoming_.expects_continue() && !co_await send_continue()) {
                    co_return read_outcome::gone;
                }
            }
        }
        if (co_await read_some()) continue;
        if (!has_expired_ || is_cut_ || phase_ == phase::idle) co_return read_outcome::gone;
        refusal_ = refusal{problem_kind::request_timeout, "The request did not arrive in time"};
        co_return read_outcome::refused;
    }
}

/// False where the client has gone or the phase's time is over.
awaitable<bool> connection::read_some() {
    const auto room = unread_.prepare();
    const auto [error, size] =
        co_await socket_.async_read_some(asio::buffer(room.data(), room.size()), as_result);
    unread_.commit(size);
    co_return !has_failed(error);
}

awaitable<bool> connection::send_continue() {
    const bool is_sent = co_await write_later({.first = "HTTP/1.1 100 Continue\r\n\r\n", .second = {}}, 0);
    enter(phase::body);
    co_return is_sent;
}

connection_end connection::end_after(const response& answer, bool was_refused) const {
    const bool is_unwanted = group_->state->is_sending_away.load(std::memory_order_relaxed);
    if (was_refused || answer.close || is_unwanted || !incoming_.keeps_alive()) return connection_end::close;
    return request_.version < 11 ? connection_end::keep_and_tell : connection_end::keep;
}

connection::outgoing connection::compose(const response& answer, connection_end end) {
    output_.clear();
    append_head(output_, answer, end);
    const bool has_body = !request_.is_head() && answer.status != 204 && answer.status != 304;
    auto content = has_body ? answer.content() : std::string_view{};
    if (content.size() <= copied_body_max) {
        output_.append(content);
        content = {};
    }
    return {.first = output_, .second = content};
}

/// Whether both texts are on their way or the client is gone; nothing where the socket takes no more for now,
/// and `bytes` is what is left.
std::optional<bool> connection::write_now(outgoing& bytes) {
    auto& [first, second] = bytes;
    while (!first.empty() || !second.empty()) {
        const std::array<asio::const_buffer, 2> pieces{asio::buffer(first.data(), first.size()),
                                                       asio::buffer(second.data(), second.size())};
        error_code error;
        const auto size = socket_.write_some(pieces, error);
        const auto of_first = std::min(size, first.size());
        first.remove_prefix(of_first);
        second.remove_prefix(size - of_first);
        if (would_block(error)) return std::nullopt;
        if (error) return false;
    }
    return !is_cut_;
}

/// Waits until the socket takes more, as often as that needs. The seldom case, so that the usual one needs no
/// coroutine. `held` is how many bytes of the answer stay in memory until then.
awaitable<bool> connection::write_later(outgoing bytes, std::size_t held) {
    const unsent_bytes unsent(group_->state->unsent, held);
    if (unsent.total() > group_->state->options.unsent) co_return false;
    const auto end = clock::now() + group_->state->options.times.answer;
    std::optional<bool> is_sent;
    while (!is_sent) {
        enter(phase::writing);
        deadline_ = std::min(deadline_, end);
        const auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, as_result);
        if (has_failed(error)) co_return false;
        is_sent = write_now(bytes);
    }
    co_return *is_sent;
}

/// Closing with bytes unread would make the system reset the connection, and the client lose the answer. So
/// the client is told that nothing more comes, and what it still sends is read and thrown away.
awaitable<void> connection::linger() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    enter(phase::lingering);
    std::array<char, 2048> waste;
    for (std::size_t total = 0; total < lingering_bytes_max;) {
        const auto [error, size] = co_await socket_.async_read_some(asio::buffer(waste), as_result);
        if (has_failed(error)) break;
        total += size;
    }
}

std::chrono::milliseconds connection::limit_of(phase value) const {
    const auto& times = group_->state->options.times;
    switch (value) {
        case phase::idle: return group_->state->is_draining ? times.drain_grace : times.idle;
        case phase::header: return times.header;
        case phase::body: return times.body;
        case phase::writing: return times.write;
        case phase::lingering: return times.linger;
        case phase::handling: break;
    }
    return {};
}

void connection::enter(phase next) {
    phase_ = next;
    has_expired_ = false;
    // Requests have a deadline of their own while they are being handled.
    deadline_ = next == phase::handling ? clock::time_point::max() : clock::now() + limit_of(next);
}

bool connection::has_failed(const error_code& error) const {
    return error.failed() || has_expired_ || is_cut_;
}

void connection::expire(clock::time_point now) {
    if (now < deadline_) return;
    deadline_ = clock::time_point::max();
    has_expired_ = true;
    error_code ignored;
    socket_.cancel(ignored);
}

void connection::begin_drain() {
    if (phase_ == phase::idle) deadline_ = std::min(deadline_, clock::now() + limit_of(phase::idle));
}

void connection::cut() {
    is_cut_ = true;
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace delivery::http
