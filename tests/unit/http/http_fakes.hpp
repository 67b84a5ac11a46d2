#pragma once

#include <boost/asio/io_context.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/order_service.hpp"
#include "http/router.hpp"
#include "ports/http_metrics.hpp"
#include "support/run_coroutine.hpp"

namespace delivery::tests {

using header_pairs = std::vector<std::pair<std::string_view, std::string_view>>;

inline http::request make_request(std::string_view method, std::string_view target,
                                  std::string_view body = {}, const header_pairs& headers = {}) {
    http::request request;
    request.method = method;
    request.target = target;
    request.body = body;
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    return request;
}

/// An order of the given version, the same one every time.
inline domain::order make_order(std::int32_t version = 1) {
    return {.id = *domain::uuid::parse("019a4711-8c3e-7d52-b1f0-5a9c04e6d3b7"),
            .customer_name = "João Silva",
            .address = "Rua \"Exemplo\", 123",
            .status = version == 1 ? domain::status::received : domain::status::in_transit,
            .version = version,
            .created_at = *domain::parse_rfc3339("2025-11-03T00:32:55.534780Z"),
            .updated_at = *domain::parse_rfc3339("2025-11-03T00:32:56.534780Z")};
}

inline domain::order_event make_event() {
    const auto order = make_order();
    return {.id = *domain::uuid::parse("019a4711-8c3e-7d52-b1f0-5a9c04e6d3b8"),
            .order_id = order.id,
            .recorded_at = order.created_at};
}

/// Answers what a test sets, and keeps what it was asked.
class fake_order_service final : public core::order_service {
public:
    awaitable<core::served<ports::create_result>> create(core::order_draft draft) override {
        drafts.push_back(std::move(draft));
        co_return created;
    }
    awaitable<core::served<std::optional<domain::order>>> find(domain::uuid id) override {
        asked.push_back(id);
        if (throws) throw std::runtime_error("a secret of the store");
        co_return found;
    }
    awaitable<core::served<std::optional<std::vector<domain::order_event>>>> history(
        domain::uuid id) override {
        asked.push_back(id);
        co_return events;
    }
    awaitable<core::served<std::vector<domain::order>>> list(ports::page_request request) override {
        pages.push_back(request);
        co_return listed;
    }
    awaitable<void> drain() override { co_return; }

    core::served<ports::create_result> created = ports::create_result{.order = make_order()};
    core::served<std::optional<domain::order>> found = make_order();
    core::served<std::optional<std::vector<domain::order_event>>> events{std::nullopt};
    core::served<std::vector<domain::order>> listed;
    bool throws = false;

    std::vector<core::order_draft> drafts;
    std::vector<domain::uuid> asked;
    std::vector<ports::page_request> pages;
};

class recording_http_metrics final : public ports::http_metrics {
public:
    void request_started() noexcept override { ++started; }
    void request_finished(std::string_view method, std::string_view route, unsigned status,
                          std::chrono::nanoseconds /*took*/) noexcept override {
        finished.push_back(std::string(method) + " " + std::string(route) + " " + std::to_string(status));
    }

    int started = 0;
    std::vector<std::string> finished;
};

class null_http_metrics final : public ports::http_metrics {
public:
    void request_started() noexcept override {}
    void request_finished(std::string_view, std::string_view, unsigned,
                          std::chrono::nanoseconds) noexcept override {}
};

/// The answer of a router's routes, as the dispatcher gets it.
inline http::response answer_of(boost::asio::io_context& context, const http::router& router,
                                http::request request) {
    auto match = router.find(request);
    return match.found == nullptr ? *match.answer : run_coroutine(context, match.found->handle(request));
}

inline http::response answer_of(const http::router& router, http::request request) {
    boost::asio::io_context context;
    return answer_of(context, router, std::move(request));
}

}  // namespace delivery::tests
