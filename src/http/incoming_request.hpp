#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/problem.hpp"

namespace delivery::http {

/// How large the parts of a request may be, in bytes.
struct request_limits {
    std::size_t header = 16 * 1024;
    std::size_t target = 8 * 1024;
    std::size_t body = 64 * 1024;
};

/// Why the server refuses a request before any handler sees it.
struct refusal {
    problem_kind kind;
    std::string detail;
};

/// One HTTP/1 request as it arrives in pieces: a state machine without I/O, used again for the connection's
/// next one.
class incoming_request {
public:
    /// The request is written into `into`, which must outlive this object.
    incoming_request(request& into, const request_limits& limits);
    ~incoming_request();

    /// Begins the next request.
    void reset();

    /// Takes what it can of the bytes that have arrived and answers how many; those left over must come
    /// again, with more behind them. Takes nothing beyond the end of the request and nothing after a fault.
    std::size_t feed(std::string_view bytes);

    [[nodiscard]] bool is_header_done() const;
    [[nodiscard]] bool is_complete() const;
    /// Whether the client waits for "100 Continue" before it sends the body.
    [[nodiscard]] bool expects_continue() const;
    /// Whether the client lets the connection stay open after the answer.
    [[nodiscard]] bool keeps_alive() const;
    [[nodiscard]] const std::optional<refusal>& fault() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace delivery::http
