#include "http/dispatcher.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <vector>

#include "core/trace_context.hpp"

namespace delivery::http {
namespace {

constexpr std::array<std::string_view, 9> known_methods{"GET",    "HEAD",    "POST",  "PUT",    "PATCH",
                                                        "DELETE", "OPTIONS", "TRACE", "CONNECT"};

/// From a fixed set, since clients may send any word as a method.
std::string_view known_method(std::string_view method) {
    const auto* found = std::ranges::find(known_methods, method);
    return found == known_methods.end() ? "other" : *found;
}

response internal_error(const request& request) {
    return to_response(
        {.kind = problem_kind::internal_server_error, .detail = "The request failed inside the service"},
        request);
}

}  // namespace

dispatcher::dispatcher(router routes, const ports::clock& clock, ports::logger& logger,
                       ports::http_metrics& metrics)
    : routes_(std::move(routes)), clock_(clock), logger_(logger), metrics_(metrics) {}

awaitable<response> dispatcher::handle(request& request) {
    const auto began = begin(request);
    std::string_view path_template = "unmatched";
    response answer;
    try {
        auto match = routes_.find(request);
        path_template = match.path_template;
        if (match.found != nullptr) {
            answer = co_await match.found->handle(request);
        } else {
            answer = std::move(*match.answer);
        }
    } catch (const std::exception& error) {
        logger_.error("request failed", {{"request_id", std::string_view(request.request_id)},
                                         {"route", path_template},
                                         {"error", std::string_view(error.what())}});
        answer = internal_error(request);
    }
    answer.route = path_template;
    finish(request, answer, began);
    co_return answer;
}

response dispatcher::refuse(request& request, const refusal& refusal) {
    const auto began = begin(request);
    auto answer = to_response({.kind = refusal.kind, .detail = refusal.detail}, request);
    finish(request, answer, began);
    return answer;
}

dispatcher::instant dispatcher::begin(request& request) {
    metrics_.request_started();
    const auto sent = request.headers.find("X-Request-Id").value_or("");
    request.request_id = is_sane_request_id(sent) ? std::string(sent) : ids_.request_id(clock_.now());
    // Several traceparents are none, by the standard.
    const bool is_single = request.headers.count("traceparent") == 1;
    request.traceparent =
        ids_.traceparent(is_single ? *request.headers.find("traceparent") : std::string_view{});
    return clock_.monotonic();
}

void dispatcher::finish(const request& request, response& answer, instant began) {
    answer.add("X-Request-Id", request.request_id);
    const auto took = clock_.monotonic() - began;
    metrics_.request_finished(known_method(request.method), answer.route, answer.status, took);
    if (logger_.is_enabled(ports::log_level::info)) log(request, answer, took);
}

void dispatcher::log(const request& request, const response& answer, std::chrono::nanoseconds took) {
    const auto order_id = answer.order_id ? answer.order_id->to_string() : std::string{};
    const std::array<ports::log_field, 7> fields{{
        {"request_id", std::string_view(request.request_id)},
        {"trace_id", core::trace_id_of(request.traceparent)},
        {"method", known_method(request.method)},
        {"route", answer.route},
        {"status", std::int64_t{answer.status}},
        {"duration_ms", std::chrono::duration<double, std::milli>(took).count()},
        {"order_id", std::string_view(order_id)},
    }};
    logger_.write(ports::log_level::info, "request", std::span(fields).first(order_id.empty() ? 6 : 7));
}

endpoint to_endpoint(executor where, std::shared_ptr<dispatcher> dispatcher) {
    return {.where = std::move(where),
            .handle = [dispatcher](request& request) { return dispatcher->handle(request); },
            .refuse = [dispatcher = std::move(dispatcher)](
                          request& request,
                          const refusal& refusal) { return dispatcher->refuse(request, refusal); }};
}

}  // namespace delivery::http
