#include "cli/readiness.hpp"

namespace delivery::cli {
namespace {

http::health_check make_check(std::string name, std::optional<std::string> fault, http::health when_faulty) {
    const auto state = fault ? when_faulty : http::health::ok;
    return {.name = std::move(name), .state = state, .detail = std::move(fault).value_or("")};
}

}  // namespace

awaitable<std::vector<http::health_check>> readiness::check() {
    std::vector<http::health_check> checks;
    const auto asked = std::chrono::steady_clock::now();
    auto store_fault = co_await store_.find_fault();
    metrics_.store_called(ports::store_operation::ping, std::chrono::steady_clock::now() - asked);
    checks.push_back(make_check("store", std::move(store_fault), http::health::unavailable));
    checks.push_back(make_check("bus", bus_.find_fault(), http::health::degraded));
    if (is_stopping_) {
        checks.push_back(make_check("process", "is shutting down", http::health::unavailable));
    }
    co_return checks;
}

}  // namespace delivery::cli
