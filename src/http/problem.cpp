#include "http/problem.hpp"

#include <array>

#include "http/json_text.hpp"
#include "http/percent.hpp"

namespace delivery::http {
namespace {

struct description {
    std::string_view name;
    std::string_view title;
    unsigned status;
};

constexpr std::array<description, 13> descriptions{{
    {"validation_error", "Validation failed", 422},
    {"idempotency_key_reused", "Idempotency key reused", 422},
    {"bad_request", "Bad request", 400},
    {"order_not_found", "Order not found", 404},
    {"not_found", "Not found", 404},
    {"method_not_allowed", "Method not allowed", 405},
    {"unsupported_media_type", "Unsupported media type", 415},
    {"content_too_large", "Content too large", 413},
    {"request_header_fields_too_large", "Request header fields too large", 431},
    {"uri_too_long", "URI too long", 414},
    {"request_timeout", "Request timeout", 408},
    {"unavailable", "Service unavailable", 503},
    {"internal_server_error", "Internal server error", 500},
}};

const description& describe(problem_kind kind) { return descriptions.at(static_cast<std::size_t>(kind)); }

void append_member(std::string& out, std::string_view name, std::string_view value) {
    out.append(",\"").append(name).append("\":");
    append_json_string(out, value);
}

/// A JSON array with whatever `append` writes for each item.
void append_array(std::string& out, std::string_view name, const auto& items, auto append) {
    if (items.empty()) return;
    out.append(",\"").append(name).append("\":[");
    bool is_first = true;
    for (const auto& item : items) {
        if (!is_first) out.push_back(',');
        is_first = false;
        append(item);
    }
    out.push_back(']');
}

void append_faults(std::string& out, const std::vector<body_fault>& faults) {
    append_array(out, "messages", faults, [&](const body_fault& fault) {
        append_json_string(out, (fault.field.empty() ? "body" : "body." + fault.field) + ": " + fault.detail);
    });
    append_array(out, "errors", faults, [&](const body_fault& fault) {
        out.append(R"({"detail":)");
        append_json_string(out, fault.detail);
        append_member(out, "pointer", fault.field.empty() ? "#" : "#/" + fault.field);
        out.push_back('}');
    });
}

}  // namespace

std::string_view to_string(problem_kind kind) { return describe(kind).name; }

response to_response(const problem& problem, const request& request) {
    const auto& [name, title, status] = describe(problem.kind);
    response answer;
    answer.status = status;
    answer.content_type = "application/problem+json";

    auto& out = answer.body;
    out.append(R"({"type":"urn:delivery:problem:)").append(name).append("\"");
    append_member(out, "title", title);
    out.append(",\"status\":").append(std::to_string(status));
    append_member(out, "detail", problem.detail);
    append_member(out, "instance", sanitize_path(request.path()));
    append_member(out, "error", name);
    append_array(out, "messages", problem.messages,
                 [&](const std::string& line) { append_json_string(out, line); });
    append_faults(out, problem.faults);
    if (problem.unknown_order) {
        append_member(out, "outcome", "unknown");
        append_member(out, "order_id", problem.unknown_order->to_string());
    }
    if (problem.kind == problem_kind::internal_server_error)
        append_member(out, "request_id", request.request_id);
    out.push_back('}');

    if (problem.kind == problem_kind::unavailable) answer.add("Retry-After", "1");
    return answer;
}

}  // namespace delivery::http
