#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace delivery::runtime {

/// 0.5 ms to 10 s.
const prometheus::Histogram::BucketBoundaries& latency_buckets();

/// The families delivery_http_*. A series is made when its labels are first seen, and found without a lock
/// from then on; methods, routes and statuses beyond the known are counted together, so that their number is
/// bounded.
class http_families {
public:
    explicit http_families(prometheus::Registry& registry);

    void started() { in_flight_.Increment(); }
    void finished(std::string_view method, std::string_view route, unsigned status,
                  std::chrono::nanoseconds took);

private:
    static constexpr std::size_t most_routes = 32;
    static constexpr std::size_t method_count = 8;
    static constexpr unsigned first_status = 100;
    /// 100 to 599, and one more for all others.
    static constexpr std::size_t status_count = 501;

    /// One method of one route.
    struct endpoint {
        prometheus::Histogram& duration;
        std::array<std::atomic<prometheus::Counter*>, status_count> by_status{};
    };
    struct route_entry {
        std::string name;
        std::array<std::atomic<endpoint*>, method_count> by_method{};
        std::array<std::unique_ptr<endpoint>, method_count> owned;
    };

    route_entry& route_of(std::string_view name);
    route_entry* find_route(std::string_view name);
    endpoint& endpoint_of(route_entry& route, std::size_t method);
    prometheus::Counter& counter_of(endpoint& where, const route_entry& route, std::size_t method,
                                    std::size_t status);

    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& durations_;
    prometheus::Gauge& in_flight_;
    std::mutex growing_;
    std::atomic<std::size_t> route_count_{0};
    std::array<route_entry, most_routes> routes_;
};

}  // namespace delivery::runtime
