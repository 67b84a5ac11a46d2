#include <benchmark/benchmark.h>

#include <string>

#include "http/incoming_request.hpp"
#include "http/json_text.hpp"
#include "http/order_body.hpp"
#include "http/response_text.hpp"
#include "http/router.hpp"

namespace {

using namespace delivery;

const std::string body = R"({"customer_name": "João Silva", "address": "Rua Exemplo, 123"})";
const std::string post =
    "POST /orders HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Type: application/json\r\n"
    "Content-Length: " +
    std::to_string(body.size()) + "\r\n\r\n" + body;

domain::order some_order() {
    return {.id = domain::uuid::parse("01a20f1d-dde9-7707-bee0-adfb7e5de6cd").value(),
            .customer_name = "João Silva",
            .address = "Rua Exemplo, 123",
            .status = domain::status::received,
            .version = 1,
            .created_at = {},
            .updated_at = {}};
}

void parse_request(benchmark::State& state) {
    http::request request;
    http::incoming_request incoming(request, {});
    for ([[maybe_unused]] const auto _ : state) {
        incoming.reset();
        std::string_view left = post;
        while (!incoming.is_complete()) left.remove_prefix(incoming.feed(left));
        benchmark::DoNotOptimize(request);
    }
}
BENCHMARK(parse_request);

void validate_order_body(benchmark::State& state) {
    for ([[maybe_unused]] const auto _ : state) benchmark::DoNotOptimize(http::parse_order_body(body));
}
BENCHMARK(validate_order_body);

void serialise_order(benchmark::State& state) {
    const auto order = some_order();
    std::string text;
    for ([[maybe_unused]] const auto _ : state) {
        text.clear();
        http::append_json(text, order);
        benchmark::DoNotOptimize(text);
    }
}
BENCHMARK(serialise_order);

void serialise_head(benchmark::State& state) {
    http::response answer;
    answer.status = 201;
    answer.add("Location", "/orders/01a20f1d-dde9-7707-bee0-adfb7e5de6cd");
    std::string text;
    for ([[maybe_unused]] const auto _ : state) {
        text.clear();
        http::append_head(text, answer, http::connection_end::keep);
        benchmark::DoNotOptimize(text);
    }
}
BENCHMARK(serialise_head);

void route_request(benchmark::State& state) {
    const auto nothing = [](http::request&) -> awaitable<http::response> { co_return http::response{}; };
    const http::router routes({{"GET", "/livez", nothing},
                               {"GET", "/readyz", nothing},
                               {"GET", "/metrics", nothing},
                               {"POST", "/orders", nothing},
                               {"GET", "/orders", nothing},
                               {"GET", "/orders/{order_id}", nothing},
                               {"GET", "/orders/{order_id}/events", nothing}});
    http::request request;
    request.method = "GET";
    request.target = "/orders/01a20f1d-dde9-7707-bee0-adfb7e5de6cd/events";
    for ([[maybe_unused]] const auto _ : state) benchmark::DoNotOptimize(routes.find(request));
}
BENCHMARK(route_request);

}  // namespace
