#include "runtime/http_families.hpp"

#include <algorithm>

namespace delivery::runtime {
namespace {

/// The last one stands for all that are not known.
constexpr std::array<std::string_view, 8> methods{"GET",   "HEAD",   "POST",    "PUT",
                                                  "PATCH", "DELETE", "OPTIONS", "other"};
constexpr std::string_view other_route = "unmatched";

struct known_answer {
    std::string_view method;
    std::string_view route;
    unsigned status;
};

/// What every client sees sooner or later: there from the first scrape, so that rates are right from the
/// first call.
constexpr std::array<known_answer, 4> known_answers{{{"POST", "/orders", 201},
                                                     {"GET", "/orders", 200},
                                                     {"GET", "/orders/{order_id}", 200},
                                                     {"GET", "/orders/{order_id}/events", 200}}};

std::size_t method_index(std::string_view method) {
    const auto found = std::ranges::find(methods, method);
    return std::min<std::size_t>(static_cast<std::size_t>(found - methods.begin()), methods.size() - 1);
}

}  // namespace

const prometheus::Histogram::BucketBoundaries& latency_buckets() {
    static const prometheus::Histogram::BucketBoundaries buckets{
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
    return buckets;
}

http_families::http_families(prometheus::Registry& registry)
    : requests_(prometheus::BuildCounter()
                    .Name("delivery_http_requests_total")
                    .Help("HTTP requests that were answered.")
                    .Register(registry)),
      durations_(prometheus::BuildHistogram()
                     .Name("delivery_http_request_duration_seconds")
                     .Help("Time from an HTTP request's last byte to its answer.")
                     .Register(registry)),
      in_flight_(prometheus::BuildGauge()
                     .Name("delivery_http_requests_in_flight")
                     .Help("HTTP requests that are being answered.")
                     .Register(registry)
                     .Add({})) {
    route_of(other_route);
    for (const auto& [method, name, status] : known_answers) {
        auto& route = route_of(name);
        const auto index = method_index(method);
        counter_of(endpoint_of(route, index), route, index, status - first_status);
    }
}

void http_families::finished(std::string_view method, std::string_view route, unsigned status,
                             std::chrono::nanoseconds took) {
    in_flight_.Decrement();
    const auto method_at = method_index(method);
    const auto is_status = status >= first_status && status - first_status < status_count - 1;
    const auto status_at = is_status ? status - first_status : status_count - 1;
    auto& entry = route_of(route);
    auto& where = endpoint_of(entry, method_at);
    where.duration.Observe(std::max(std::chrono::duration<double>(took).count(), 0.0));
    counter_of(where, entry, method_at, status_at).Increment();
}

http_families::route_entry* http_families::find_route(std::string_view name) {
    const auto count = route_count_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < count; ++i) {
        if (routes_[i].name == name) return &routes_[i];
    }
    return nullptr;
}

http_families::route_entry& http_families::route_of(std::string_view name) {
    if (auto* known = find_route(name)) return *known;
    const std::scoped_lock lock(growing_);
    if (auto* known = find_route(name)) return *known;
    const auto count = route_count_.load(std::memory_order_relaxed);
    if (count == most_routes) return *find_route(other_route);
    routes_[count].name = name;
    route_count_.store(count + 1, std::memory_order_release);
    return routes_[count];
}

http_families::endpoint& http_families::endpoint_of(route_entry& route, std::size_t method) {
    if (auto* known = route.by_method[method].load(std::memory_order_acquire)) return *known;
    const std::scoped_lock lock(growing_);
    auto& owned = route.owned[method];
    if (!owned) {
        auto& duration = durations_.Add({{"method", std::string(methods[method])}, {"route", route.name}},
                                        latency_buckets());
        owned = std::unique_ptr<endpoint>(new endpoint{duration, {}});
        route.by_method[method].store(owned.get(), std::memory_order_release);
    }
    return *owned;
}

prometheus::Counter& http_families::counter_of(endpoint& where, const route_entry& route, std::size_t method,
                                               std::size_t status) {
    if (auto* known = where.by_status[status].load(std::memory_order_acquire)) return *known;
    const auto is_known = status < status_count - 1;
    // The family answers the same series for the same labels, whoever is first.
    auto& counter = requests_.Add({{"method", std::string(methods[method])},
                                   {"route", route.name},
                                   {"status", is_known ? std::to_string(status + first_status) : "other"}});
    where.by_status[status].store(&counter, std::memory_order_release);
    return counter;
}

}  // namespace delivery::runtime
