#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/incoming_request.hpp"
#include "http/message.hpp"
#include "ports/awaitable.hpp"
#include "ports/logger.hpp"

namespace delivery::http {

/// Answers a complete request. The request outlives the call. It must not throw: see `dispatcher`.
using handler = std::function<awaitable<response>(request&)>;

/// Answers a request that was refused before it was complete; what could be read of it is in `request`.
using refuser = std::function<response(request&, const refusal&)>;

/// Where requests go on one reactor. The executor runs one thing at a time; handlers are called and resumed
/// on it.
struct endpoint {
    executor where;
    handler handle;
    refuser refuse;
};

/// How long each phase of a connection may last.
struct phase_limits {
    using milliseconds = std::chrono::milliseconds;

    milliseconds header{10'000};    ///< From a request's first byte to the end of its headers.
    milliseconds body{10'000};      ///< From there to the end of its body.
    milliseconds idle{75'000};      ///< Without a request.
    milliseconds write{10'000};     ///< Without the client taking any byte of an answer.
    milliseconds answer{60'000};    ///< For the client to take a whole answer.
    milliseconds linger{2'000};     ///< For a refused client to stop sending and read why.
    milliseconds drain_grace{500};  ///< For a request that may be on its way when draining begins.
    milliseconds sweep{250};        ///< How exactly all of these are kept.
};

struct server_options {
    std::string host = "0.0.0.0";
    std::uint16_t port = 8000;  ///< 0 = any free one.
    std::size_t connections = 10'000;
    request_limits sizes{};
    phase_limits times{};
    /// Bytes of answers that wait for their clients to take them, over all connections. Beyond that, a
    /// client that does not take its answer at once is cut off: slow readers must not fill the memory.
    std::size_t unsent = std::size_t{64} << 20;
    /// Called for every connection beyond the limit, which is answered 503 unread. Any thread; must not
    /// throw.
    std::function<void()> on_turned_away = [] {};
};

/// An HTTP/1.1 server: one acceptor that deals connections to the reactors in turn. Functions are safe to
/// call from any thread. It must be destroyed before the executors' contexts, once a drain has come back.
class server {
public:
    virtual ~server() = default;

    [[nodiscard]] virtual std::uint16_t port() const = 0;
    /// Connections open now.
    [[nodiscard]] virtual std::size_t connections() const = 0;

    /// Has clients go elsewhere, and none fails for it: from now on every answer ends its connection. New
    /// connections are still taken and served, since whoever sends them here may not know yet.
    virtual void send_away() = 0;

    /// Takes no more connections. Those already waiting in the system's queue are still served.
    virtual void stop_accepting() = 0;

    /// Stops accepting and ends all connections: idle ones after a short grace, busy ones with the answer to
    /// their request. What is left after `limit` is cut off. True where nothing of the server runs any more
    /// afterwards; false where a handler does not come back.
    virtual awaitable<bool> drain(std::chrono::milliseconds limit) = 0;
};

/// Listens, and serves on the given reactors, of which there must be one at least. Throws a
/// std::runtime_error that names host and port where it cannot listen there. The logger must outlive the
/// server.
std::unique_ptr<server> listen(server_options options, std::vector<endpoint> endpoints,
                               ports::logger& logger);

}  // namespace delivery::http
