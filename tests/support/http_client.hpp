#pragma once

#include <boost/json/fwd.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace delivery::tests {

using http_headers = std::vector<std::pair<std::string, std::string>>;

struct http_answer {
    int status = 0;
    http_headers headers;
    std::string body;

    /// The first header of that name, in any case; empty where there is none.
    [[nodiscard]] std::string header(std::string_view name) const;
    [[nodiscard]] bool has_header(std::string_view name) const;
    /// The body as JSON; throws where it is none.
    [[nodiscard]] boost::json::value json() const;
};

/// A string member of a JSON object; throws where there is none.
std::string text_at(const boost::json::value& object, std::string_view key);

/// One connection to 127.0.0.1, blocking, every wait bounded by `limit`. Sends whatever it is told to,
/// malformed requests too. Throws std::runtime_error when the connection ends, or nothing comes, before an
/// answer is whole.
class http_connection {
public:
    explicit http_connection(int port, std::chrono::milliseconds limit = std::chrono::seconds(15));
    ~http_connection();
    http_connection(const http_connection&) = delete;
    http_connection& operator=(const http_connection&) = delete;

    /// Sends a well-formed request and reads its answer; the connection stays open for the next.
    http_answer request(std::string_view method, std::string_view target, std::string_view body = {},
                        const http_headers& headers = {});

    void send(std::string_view bytes);

    /// Reads one answer; without a body where it answers HEAD.
    http_answer read_answer(bool is_head = false);

    /// Reads so many bytes, whatever they are.
    std::string read_exactly(std::size_t length);

    /// Waits until the server has closed the connection, for at most `limit`; answers whether it has. What
    /// arrives meanwhile is thrown away.
    bool is_closed_within(std::chrono::milliseconds limit);

    /// Says that nothing more will be sent, and goes on reading.
    void end_sending();

    /// Closes at once and impolitely (RST).
    void reset();

private:
    bool receive_more();
    std::string read_line();
    std::string read_chunks();
    void read_headers(http_answer& answer);

    int socket_ = -1;
    std::chrono::milliseconds limit_;
    std::string received_;
};

/// One request on a connection of its own.
http_answer http_request(int port, std::string_view method, std::string_view target,
                         std::string_view body = {}, const http_headers& headers = {});

/// The same, nothing where no answer came.
std::optional<http_answer> try_http_request(int port, std::string_view method, std::string_view target,
                                            std::string_view body = {}, const http_headers& headers = {});

}  // namespace delivery::tests
