#pragma once

#include <chrono>
#include <memory>

#include "http/request_ids.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "ports/clock.hpp"
#include "ports/http_metrics.hpp"
#include "ports/logger.hpp"

namespace delivery::http {

/// What stands between the server and the routes of one reactor: gives each request its ids, has it answered,
/// turns exceptions into 500, counts, and logs one line. Used on its reactor only; what it refers to must
/// outlive it.
class dispatcher {
public:
    dispatcher(router routes, const ports::clock& clock, ports::logger& logger, ports::http_metrics& metrics);

    /// Never throws.
    awaitable<response> handle(request& request);
    response refuse(request& request, const refusal& refusal);

    [[nodiscard]] const router& routes() const { return routes_; }

private:
    using instant = ports::instant;

    instant begin(request& request);
    void finish(const request& request, response& answer, instant began);
    void log(const request& request, const response& answer, std::chrono::nanoseconds took);

    router routes_;
    const ports::clock& clock_;
    ports::logger& logger_;
    ports::http_metrics& metrics_;
    id_maker ids_;
};

/// A dispatcher as one of a server's endpoints, which keeps it alive.
endpoint to_endpoint(executor where, std::shared_ptr<dispatcher> dispatcher);

}  // namespace delivery::http
