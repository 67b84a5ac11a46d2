// Input: bytes as a client sends them; what is a request is answered by the real routes over a service that
// answers in different ways.

#include <algorithm>
#include <array>

#include "core/trace_context.hpp"
#include "domain/order_text.hpp"
#include "fuzz/targets.hpp"
#include "http/dispatcher.hpp"
#include "http/docs_routes.hpp"
#include "http/incoming_request.hpp"
#include "http/order_routes.hpp"
#include "http/response_text.hpp"
#include "runtime/system_clock.hpp"
#include "support/fakes.hpp"
#include "unit/http/http_fakes.hpp"

#include <boost/json/parse.hpp>

namespace delivery::fuzz {
namespace {

constexpr std::array documented_statuses{200U, 201U, 204U, 302U, 304U, 308U,
                                         400U, 404U, 405U, 415U, 422U, 503U};

/// The seed picks one of the answers that a service may give.
void prepare(tests::fake_order_service& service, std::size_t seed) {
    if (seed % 4 == 1) service.found = std::optional<domain::order>();
    if (seed % 4 == 2) service.found = std::unexpected(core::unavailable{});
    if (seed % 3 == 1) service.events = std::optional(std::vector{tests::make_event()});
    if (seed % 5 == 1)
        service.created = std::unexpected(core::unavailable{.unknown_order = tests::make_order().id});
    if (seed % 5 == 2) {
        service.created =
            ports::create_result{.outcome = ports::create_outcome::key_reused, .order = tests::make_order()};
    }
    service.listed = std::vector(seed % 7, tests::make_order());
}

void require_problem(const http::response& answer) {
    const auto body = boost::json::parse(answer.body).as_object();
    require(body.at("status").to_number<unsigned>() == answer.status, "a problem tells its status");
    require(!body.at("error").as_string().empty() && !body.at("detail").as_string().empty(),
            "a problem says what is wrong");
    require(!body.contains("errors") ||
                body.at("errors").as_array().size() == body.at("messages").as_array().size(),
            "each fault has its message");
}

void require_sound(const http::response& answer) {
    require(std::ranges::find(documented_statuses, answer.status) != documented_statuses.end(),
            "the status is a documented one: " + std::to_string(answer.status));
    std::string head;
    append_head(head, answer, http::connection_end::keep);
    require(head.find("\r\n\r\n") == head.size() - 4, "the head ends once");
    require(std::ranges::count(head, '\n') == std::ranges::count(head, '\r'), "head lines end in CR LF");
    if (answer.content_type.contains("json") && !answer.find("Content-Encoding"))
        require_json(answer.content(), "an answer");
    if (answer.content_type == "application/problem+json") require_problem(answer);
}

void require_valid(const core::order_draft& draft) {
    require(!domain::find_text_fault(draft.customer_name, domain::customer_name_max) &&
                !domain::find_text_fault(draft.address, domain::address_max),
            "only valid orders reach the service");
    require(!core::trace_id_of(draft.traceparent).empty(), "every order has a well-formed traceparent");
    require(!draft.idempotency || !draft.idempotency->key.empty(), "an idempotency key has a text");
}

std::vector<http::route> all_routes(core::order_service& service) {
    auto routes = http::order_routes(service);
    for (auto& route : http::docs_routes()) routes.push_back(std::move(route));
    return routes;
}

}  // namespace

void try_api(std::string_view bytes) {
    static const http::request_limits limits;
    http::request request;
    http::incoming_request reader(request, limits);
    for (std::size_t taken = 1; taken != 0 && !reader.fault() && !reader.is_complete();) {
        taken = reader.feed(bytes);
        bytes.remove_prefix(taken);
    }
    if (!reader.is_complete()) return;

    boost::asio::io_context context;
    runtime::system_clock clock;
    tests::null_logger logger;
    tests::null_http_metrics metrics;
    tests::fake_order_service service;
    prepare(service, request.target.size() + request.body.size());
    http::dispatcher dispatcher({http::router(all_routes(service))}, clock, logger, metrics);
    const auto answer = tests::run_coroutine(context, dispatcher.handle(request));
    require_sound(answer);
    require(answer.find("X-Request-Id") == request.request_id, "an answer carries the request's id");
    for (const auto& draft : service.drafts) require_valid(draft);
    for (const auto& page : service.pages) require(page.limit <= 101, "pages are bounded");
}

}  // namespace delivery::fuzz
