#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ports/logger.hpp"
#include "ports/metrics.hpp"

namespace delivery::tests {

class null_logger final : public ports::logger {
public:
    [[nodiscard]] bool is_enabled(ports::log_level /*level*/) const noexcept override { return false; }
    void write(ports::log_level /*level*/, std::string_view /*message*/,
               std::span<const ports::log_field> /*fields*/) noexcept override {}
};

/// Keeps every line, of every level.
class recording_logger final : public ports::logger {
public:
    struct line {
        ports::log_level level;
        std::string message;
        std::map<std::string, std::string> fields;  ///< Numbers and truth values as text.
    };

    [[nodiscard]] bool is_enabled(ports::log_level /*level*/) const noexcept override { return true; }
    void write(ports::log_level level, std::string_view message,
               std::span<const ports::log_field> fields) noexcept override;

    [[nodiscard]] std::vector<line> lines() const;
    [[nodiscard]] std::size_t count(std::string_view message) const;

private:
    mutable std::mutex mutex_;
    std::vector<line> lines_;
};

class null_metrics final : public ports::metrics {
public:
    void order_created() noexcept override {}
    void order_advanced(domain::status /*from*/, domain::status /*to*/) noexcept override {}
    void order_reached(domain::status /*status*/, std::chrono::microseconds /*age*/) noexcept override {}
    void published(std::size_t /*count*/) noexcept override {}
    void publish_failed(std::size_t /*count*/) noexcept override {}
    void outbox_depth(std::int64_t /*pending*/, std::chrono::microseconds /*oldest_age*/) noexcept override {}
    void message_handled(ports::message_result /*result*/,
                         std::chrono::microseconds /*lag*/) noexcept override {}
    void dead_lettered() noexcept override {}
    void store_batch(std::size_t /*size*/) noexcept override {}
    void store_called(ports::store_operation /*operation*/,
                      std::chrono::nanoseconds /*took*/) noexcept override {}
    void store_retried() noexcept override {}
    void audited(const std::optional<ports::audit_result>& /*result*/) noexcept override {}
};

}  // namespace delivery::tests
