#include "http/order_routes.hpp"

#include <fmt/format.h>

#include "http/conditional.hpp"
#include "http/cursor.hpp"
#include "http/idempotency.hpp"
#include "http/json_text.hpp"
#include "http/media_type.hpp"
#include "http/order_body.hpp"
#include "http/page_query.hpp"
#include "http/problem.hpp"

namespace delivery::http {
namespace {

constexpr std::string_view json_type = "application/json";
/// A page ends early once it has so many bytes: texts are stored as sent, white space around them included,
/// and a hundred orders could have megabytes of it.
constexpr std::size_t page_bytes_max = std::size_t{256} * 1024;
/// Answers hold personal data: nobody on the way may keep them, and a client asks whether they still hold.
constexpr std::string_view personal = "private, no-cache";

response refuse(const request& request, problem_kind kind, std::string detail) {
    return to_response({.kind = kind, .detail = std::move(detail)}, request);
}

response unavailable_answer(const request& request) {
    return refuse(request, problem_kind::unavailable, "The service cannot answer now, try again later");
}

response unknown_outcome_answer(const request& request, const domain::uuid& order_id, bool has_key) {
    return to_response({.kind = problem_kind::unavailable,
                        .detail = has_key ? "The order may have been stored: send the request again with the "
                                            "same Idempotency-Key"
                                          : "The order may have been stored",
                        .unknown_order = order_id},
                       request);
}

response malformed_id_answer(const request& request) {
    return to_response({.kind = problem_kind::validation_error,
                        .detail = "Invalid UUID format",
                        .messages = {"path.order_id: Invalid UUID format"}},
                       request);
}

response no_order_answer(const request& request) {
    return refuse(request, problem_kind::order_not_found, "Order " + request.parameter + " not found");
}

response order_answer(const domain::order& order) {
    response answer;
    answer.content_type = json_type;
    answer.order_id = order.id;
    append_json(answer.body, order);
    return answer;
}

response created_answer(const request& request, const ports::create_result& result) {
    if (result.outcome == ports::create_outcome::key_reused) {
        return refuse(request, problem_kind::idempotency_key_reused,
                      "This Idempotency-Key was used with another body");
    }
    auto answer = order_answer(result.order);
    answer.status = 201;
    answer.add("Location", "/orders/" + result.order.id.to_string());
    if (result.outcome == ports::create_outcome::replayed) answer.add("Idempotent-Replayed", "true");
    return answer;
}

/// Whether a browser sends it for a page. Of any site's page, unless it says application/json: that it does
/// not send to another site without asking there first.
bool is_from_a_page(const request& request) {
    return request.headers.count("Origin") > 0 || request.headers.count("Sec-Fetch-Site") > 0;
}

/// What a request's headers say against reading its body as JSON.
std::optional<response> find_media_type_fault(const request& request) {
    const auto type = request.headers.find("Content-Type").value_or("");
    const auto coding = request.headers.find("Content-Encoding").value_or("identity");
    const bool is_json = type.empty()
                             ? !is_from_a_page(request)
                             : request.headers.count("Content-Type") == 1 && is_json_media_type(type);
    if (is_json && equals_ignoring_case(coding, "identity")) return std::nullopt;
    return refuse(request, problem_kind::unsupported_media_type,
                  is_json ? "Send the order without a Content-Encoding"
                          : "Send the order as application/json in UTF-8");
}

awaitable<response> create_order(core::order_service& service, request& request) {
    if (auto fault = find_media_type_fault(request)) co_return std::move(*fault);
    auto key = read_idempotency_key(request);
    if (!key) co_return refuse(request, problem_kind::bad_request, key.error());
    auto body = parse_order_body(request.body);
    if (!body) co_return to_response(body.error(), request);

    const bool has_key = key->has_value();
    core::order_draft draft{.customer_name = std::move(body->customer_name),
                            .address = std::move(body->address),
                            .traceparent = request.traceparent,
                            .idempotency = std::move(*key)};
    const auto created = co_await service.create(std::move(draft));
    if (created) co_return created_answer(request, *created);
    const auto& unknown = created.error().unknown_order;
    co_return unknown ? unknown_outcome_answer(request, *unknown, has_key) : unavailable_answer(request);
}

awaitable<response> get_order(core::order_service& service, request& request) {
    const auto id = domain::uuid::parse(request.parameter);
    if (!id) co_return malformed_id_answer(request);
    const auto found = co_await service.find(*id);
    if (!found) co_return unavailable_answer(request);
    if (!*found) co_return no_order_answer(request);

    const auto& order = **found;
    const auto etag = fmt::format("\"{}\"", order.version);
    const auto known = request.headers.find("If-None-Match");
    response answer;
    if (known && matches_etag(*known, etag)) {
        answer.status = 304;
        answer.order_id = order.id;
    } else {
        answer = order_answer(order);
    }
    answer.add("ETag", etag);
    answer.add("Cache-Control", personal);
    co_return answer;
}

awaitable<response> list_events(core::order_service& service, request& request) {
    const auto id = domain::uuid::parse(request.parameter);
    if (!id) co_return malformed_id_answer(request);
    const auto found = co_await service.history(*id);
    if (!found) co_return unavailable_answer(request);
    if (!*found) co_return no_order_answer(request);

    response answer;
    answer.content_type = json_type;
    answer.order_id = *id;
    answer.add("Cache-Control", personal);
    append_json_array(answer.body, std::span<const domain::order_event>(**found));
    co_return answer;
}

std::string next_page(const ports::page_request& page, std::string_view cursor) {
    const auto status = page.status ? fmt::format("status={}&", to_string(*page.status)) : std::string{};
    return fmt::format("</orders?{}limit={}&cursor={}>; rel=\"next\"", status, page.limit, cursor);
}

response page_answer(const ports::page_request& page, std::span<const domain::order> orders) {
    response answer;
    answer.content_type = json_type;
    answer.add("Cache-Control", personal);
    auto& out = answer.body;
    out.append(R"({"data":)");
    const auto taken =
        append_json_array(out, orders.first(std::min(orders.size(), page.limit)), page_bytes_max);
    if (taken < orders.size()) {
        const auto& last = orders[taken - 1];
        const auto cursor = encode_cursor({.created_at = last.created_at, .id = last.id});
        out.append(R"(,"has_more":true,"next_cursor":")").append(cursor).append(R"("})");
        answer.add("Link", next_page(page, cursor));
    } else {
        out.append(R"(,"has_more":false,"next_cursor":null})");
    }
    return answer;
}

awaitable<response> list_orders(core::order_service& service, request& request) {
    const auto page = parse_page_query(request.query());
    if (!page) co_return refuse(request, problem_kind::bad_request, page.error());
    // One more than the page holds tells whether there is another page.
    auto wanted = *page;
    ++wanted.limit;
    const auto orders = co_await service.list(wanted);
    if (!orders) co_return unavailable_answer(request);
    co_return page_answer(*page, *orders);
}

}  // namespace

std::vector<route> order_routes(core::order_service& service) {
    const auto by = [&service](auto function) {
        return [&service, function](request& request) { return function(service, request); };
    };
    return {
        {"POST", "/orders", by(create_order)},
        {"GET", "/orders", by(list_orders)},
        {"GET", "/orders/{order_id}", by(get_order)},
        {"GET", "/orders/{order_id}/events", by(list_events)},
    };
}

}  // namespace delivery::http
