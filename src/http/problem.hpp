#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace delivery::http {

/// The kinds of error, as the member `error` names them.
enum class problem_kind : std::uint8_t {
    validation_error,
    idempotency_key_reused,
    bad_request,
    order_not_found,
    not_found,
    method_not_allowed,
    unsupported_media_type,
    content_too_large,
    request_header_fields_too_large,
    uri_too_long,
    request_timeout,
    unavailable,
    internal_server_error,
};

/// One fault of a request's body.
struct body_fault {
    std::string field;  ///< The member at fault; empty where it is the body itself.
    std::string detail;
};

/// An error for the client: RFC 9457, with members of our own beside. It holds nothing that only operators
/// may see.
struct problem {
    problem_kind kind;
    std::string detail;
    std::vector<std::string> messages{};  ///< One line a fault, "path.order_id: …"; left out where empty.
    std::vector<body_fault> faults{};     ///< Become `errors`, and `messages` as well.
    std::optional<domain::uuid> unknown_order{};  ///< The order that may exist all the same.
};

/// The name of a kind, such as bad_request.
std::string_view to_string(problem_kind kind);

/// The answer for a problem: its status, application/problem+json, and Retry-After where it is temporary. An
/// internal_server_error carries the request's id.
response to_response(const problem& problem, const request& request);

}  // namespace delivery::http
