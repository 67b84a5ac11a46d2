#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "http/read_buffer.hpp"
#include "http/response_text.hpp"
#include "http/server.hpp"

namespace delivery::http {

class connection;

/// What all connections of a server share; any thread may use it.
struct server_state {
    server_options options;
    ports::logger& logger;
    std::atomic<std::size_t> connections{0};
    /// Coroutines that have not ended yet.
    std::atomic<std::size_t> tasks{0};
    /// Bytes of answers that wait for their clients to take them.
    std::atomic<std::size_t> unsent{0};
    std::atomic<bool> is_accepting{true};
    /// Every answer ends its connection.
    std::atomic<bool> is_sending_away{false};
    std::atomic<bool> is_draining{false};
};

/// The connections of one reactor. Used on its executor only, but for the count.
struct connection_group {
    std::shared_ptr<server_state> state;
    endpoint point;
    std::list<connection*> members{};
    /// Members, and those that are on their way here from the acceptor.
    std::atomic<std::size_t> dealt{0};
};

/// One client's connection: reads a request, has it answered, writes the answer, and so on in turn. All of it
/// runs on its group's executor.
class connection {
public:
    using clock = std::chrono::steady_clock;

    connection(std::shared_ptr<connection_group> group, boost::asio::ip::tcp::socket socket);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Serves a client until either side ends the connection. Called once for each.
    static awaitable<void> serve(std::shared_ptr<connection> client);

    /// Ends the phase under way if its time is over. The group's sweep calls it.
    void expire(clock::time_point now);
    /// Lets an idle connection wait no longer than a short grace.
    void begin_drain();
    /// Ends the connection whatever it is doing.
    void cut();

private:
    enum class phase { idle, header, body, handling, writing, lingering };
    enum class read_outcome { complete, refused, gone };
    /// Texts that are yet to be written, one after the other; they live in `output_` and in the answer.
    struct outgoing {
        std::string_view first;
        std::string_view second;
    };

    void enter(phase next);
    [[nodiscard]] std::chrono::milliseconds limit_of(phase value) const;
    [[nodiscard]] bool has_failed(const boost::system::error_code& error) const;

    awaitable<void> run();
    awaitable<read_outcome> read_request();
    awaitable<bool> read_some();
    awaitable<bool> send_continue();
    [[nodiscard]] outgoing compose(const response& answer, connection_end end);
    [[nodiscard]] std::optional<bool> write_now(outgoing& bytes);
    awaitable<bool> write_later(outgoing bytes, std::size_t held);
    awaitable<void> linger();
    [[nodiscard]] connection_end end_after(const response& answer, bool was_refused) const;

    std::shared_ptr<connection_group> group_;
    std::list<connection*>::iterator place_;
    boost::asio::ip::tcp::socket socket_;
    request request_;
    incoming_request incoming_;
    read_buffer unread_;
    std::string output_;
    phase phase_ = phase::idle;
    clock::time_point deadline_ = clock::time_point::max();
    bool has_expired_ = false;
    bool is_cut_ = false;
    std::optional<refusal> refusal_;
};

}  // namespace delivery::http
