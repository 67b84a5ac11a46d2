#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace delivery::fuzz {

/// Something that a target promises of every input does not hold for this one.
class broken_property : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Throws broken_property where a promise, in words, does not hold.
void require(bool holds, const std::string& promise);

/// Valid JSON, which implies well-formed UTF-8.
void require_json(std::string_view text, const std::string& what);

/// One line, without control characters, in well-formed UTF-8.
void require_one_line(std::string_view text, const std::string& what);

/// The text up to the next line feed, or all of it; `rest` is what follows.
std::string_view take_line(std::string_view& rest);

// Each takes any bytes and throws broken_property where what it promises of them does not hold.

void try_amqp_frames(std::string_view bytes);
void try_api(std::string_view bytes);
void try_configuration(std::string_view bytes);
void try_connection_urls(std::string_view bytes);
void try_headers(std::string_view bytes);
void try_identifiers(std::string_view bytes);
void try_log_line(std::string_view bytes);
void try_message(std::string_view bytes);
void try_order_body(std::string_view bytes);
void try_request(std::string_view bytes);
void try_target(std::string_view bytes);
void try_traceparent(std::string_view bytes);

struct target {
    std::string_view name;  ///< Also the folder of its corpus.
    void (*try_bytes)(std::string_view bytes);
};

/// Everything that reads what comes from outside.
inline constexpr std::array targets{
    target{"amqp_frames", try_amqp_frames},
    target{"api", try_api},
    target{"configuration", try_configuration},
    target{"connection_urls", try_connection_urls},
    target{"headers", try_headers},
    target{"identifiers", try_identifiers},
    target{"log_line", try_log_line},
    target{"message", try_message},
    target{"order_body", try_order_body},
    target{"request", try_request},
    target{"target", try_target},
    target{"traceparent", try_traceparent},
};

}  // namespace delivery::fuzz
