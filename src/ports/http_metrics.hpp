#pragma once

#include <chrono>
#include <string_view>

namespace delivery::ports {

/// What an HTTP server counts and measures. Safe to use from any thread, never throws.
class http_metrics {
public:
    virtual ~http_metrics() = default;

    virtual void request_started() noexcept = 0;

    /// `method` is one of the known methods or "other", `route` a template such as /orders/{order_id} or
    /// "unmatched": both from a small fixed set, never what a client sent.
    virtual void request_finished(std::string_view method, std::string_view route, unsigned status,
                                  std::chrono::nanoseconds took) noexcept = 0;
};

}  // namespace delivery::ports
