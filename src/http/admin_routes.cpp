#include "http/admin_routes.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/json_text.hpp"

namespace delivery::http {
namespace {

namespace asio = boost::asio;

std::string_view to_string(health state) {
    switch (state) {
        case health::ok: return "ok";
        case health::degraded: return "degraded";
        case health::unavailable: return "unavailable";
    }
    return "unavailable";
}

void append_check(std::string& out, const health_check& check) {
    append_json_string(out, check.name);
    out.append(R"(:{"status":")").append(to_string(check.state)).append("\"");
    if (!check.detail.empty()) {
        out.append(R"(,"detail":)");
        append_json_string(out, check.detail);
    }
    out.push_back('}');
}

/// A probe wants the state of this moment, so no cache may answer for us.
response json_answer(std::string body) {
    response answer;
    answer.content_type = "application/json";
    answer.body = std::move(body);
    answer.add("Cache-Control", "no-store");
    return answer;
}

awaitable<response> get_liveness(request&) { co_return json_answer(R"({"status":"ok"})"); }

awaitable<response> get_readiness(health_source& source) {
    const auto checks = co_await source.check();
    auto worst = health::ok;
    for (const auto& check : checks) worst = std::max(worst, check.state);

    std::string body = R"({"status":")";
    body.append(to_string(worst)).append(R"(","checks":{)");
    for (const auto& check : checks) {
        if (&check != &checks.front()) body.push_back(',');
        append_check(body, check);
    }
    body.append("}}");
    auto answer = json_answer(std::move(body));
    answer.status = worst == health::unavailable ? 503 : 200;
    co_return answer;
}

awaitable<std::string> render(std::function<std::string()> function) { co_return function(); }

awaitable<response> get_metrics(std::function<std::string()> render_metrics, executor where) {
    response answer;
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = co_await asio::co_spawn(where, render(std::move(render_metrics)), asio::use_awaitable);
    co_return answer;
}

}  // namespace

std::vector<route> admin_routes(health_source& source, std::function<std::string()> render_metrics,
                                executor where_to_render) {
    return {
        {"GET", "/livez", get_liveness},
        {"GET", "/readyz", [&source](request&) { return get_readiness(source); }},
        {"GET", "/metrics",
         [render_metrics = std::move(render_metrics), where_to_render = std::move(where_to_render)](
             request&) { return get_metrics(render_metrics, where_to_render); }},
    };
}

}  // namespace delivery::http
