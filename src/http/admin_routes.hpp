#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "http/router.hpp"

namespace delivery::http {

/// Worst last.
enum class health : std::uint8_t { ok, degraded, unavailable };

/// One thing that the process depends on. The detail is for people and may hold no secrets.
struct health_check {
    std::string name;
    health state = health::ok;
    std::string detail{};
};

/// What a process can say about its readiness. Answers within about a second and never throws.
class health_source {
public:
    virtual ~health_source() = default;
    virtual awaitable<std::vector<health_check>> check() = 0;
};

/// GET /livez, /readyz and /metrics. Ready is 200 unless a check is `unavailable`, then 503. The metrics'
/// text is made on `where_to_render`, which should be no reactor, since it takes milliseconds; its threads
/// must have ended before the reactors' contexts are destroyed. The source must outlive the routes.
std::vector<route> admin_routes(health_source& source, std::function<std::string()> render_metrics,
                                executor where_to_render);

}  // namespace delivery::http
