#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ports/http_metrics.hpp"
#include "ports/metrics.hpp"
#include "runtime/role.hpp"

namespace delivery::runtime {

/// The labels of delivery_build_info.
struct build_information {
    std::string version;
    std::string revision;  ///< The commit it was built from; may be empty.
};

/// Counts and measures for Prometheus. A process exports the families of its roles, all known label values
/// from the first scrape on; what other roles would count is ignored. Safe to use from any thread.
class prometheus_metrics final : public ports::metrics, public ports::http_metrics {
public:
    /// `dropped_log_lines` is asked at each scrape, from the scraping thread.
    prometheus_metrics(role_set roles, const build_information& build,
                       std::function<std::uint64_t()> dropped_log_lines);
    ~prometheus_metrics() override;
    prometheus_metrics(const prometheus_metrics&) = delete;
    prometheus_metrics& operator=(const prometheus_metrics&) = delete;

    /// Everything in the Prometheus text format 0.0.4 (`text/plain; version=0.0.4`), the process's own
    /// figures (process_*) included. Takes in the order of a millisecond.
    [[nodiscard]] std::string render() const;

    void order_created() noexcept override;
    void order_advanced(domain::status from, domain::status to) noexcept override;
    void order_reached(domain::status status, std::chrono::microseconds age) noexcept override;
    void published(std::size_t count) noexcept override;
    void publish_failed(std::size_t count) noexcept override;
    void outbox_depth(std::int64_t pending, std::chrono::microseconds oldest_age) noexcept override;
    void message_handled(ports::message_result result, std::chrono::microseconds lag) noexcept override;
    void dead_lettered() noexcept override;
    void store_batch(std::size_t size) noexcept override;
    void store_called(ports::store_operation operation, std::chrono::nanoseconds took) noexcept override;
    void store_retried() noexcept override;
    void audited(const std::optional<ports::audit_result>& result) noexcept override;

    void request_started() noexcept override;
    void request_finished(std::string_view method, std::string_view route, unsigned status,
                          std::chrono::nanoseconds took) noexcept override;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace delivery::runtime
