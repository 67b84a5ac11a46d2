#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/uuid.hpp"

namespace delivery::http {

/// Whether two texts are equal but for the case of ASCII letters.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Whether a text holds a control character other than a tab.
[[nodiscard]] bool has_control(std::string_view text);

/// A request's header fields in the order of arrival. Keeps its memory when cleared.
class header_list {
public:
    void clear();
    void add(std::string_view name, std::string_view value);

    /// The value of the first field of this name, in any case. Valid until the next change.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;

    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] std::string_view name(std::size_t index) const;
    [[nodiscard]] std::string_view value(std::size_t index) const;

private:
    struct entry {
        std::uint32_t offset;
        std::uint32_t name_size;
        std::uint32_t value_size;
    };

    std::string text_;
    std::vector<entry> entries_;
};

/// A request as handlers see it. The target is in origin form (or `*`), as sent and not yet percent-decoded.
struct request {
    std::string method;
    std::string target;
    unsigned version = 11;  ///< 10 or 11, for HTTP/1.0 and 1.1.
    header_list headers;
    std::string body;
    std::string remote_address;
    std::string request_id;  ///< Set by the dispatcher.
    std::string
        traceparent;  ///< Set by the dispatcher: always well-formed, the child of the client's where sent.
    std::string parameter;  ///< Set by the router: the decoded value of the template's `{…}`.

    [[nodiscard]] std::string_view path() const;
    /// What follows the `?`, still encoded; empty where there is none.
    [[nodiscard]] std::string_view query() const;
    [[nodiscard]] bool is_head() const { return method == "HEAD"; }

    /// Forgets everything but the address, and keeps the memory.
    void clear();
};

/// An answer. Content-Length, Date and Connection are the server's to add; the body of a HEAD is left out by
/// it.
struct response {
    unsigned status = 200;
    std::string_view content_type;  ///< Static text; empty where there is no body.
    std::string body;
    std::string_view
        static_body;     ///< Sent in place of `body` where it is not empty; lives as long as the process.
    std::string fields;  ///< Further header lines, as `add` writes them.
    bool close = false;  ///< Whether the connection ends with this answer.
    std::string_view route = "unmatched";  ///< The route's template, for logs and metrics.
    std::optional<domain::uuid> order_id;  ///< The order that this was about, for the log.

    /// Adds a header field. A value that holds a control character would let its author write headers of
    /// their own, so such a field is left out.
    void add(std::string_view name, std::string_view value);
    /// The value of a field that was added; nothing where there is none.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] std::string_view content() const { return static_body.empty() ? body : static_body; }
};

}  // namespace delivery::http
