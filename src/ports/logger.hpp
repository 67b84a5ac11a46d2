#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

namespace delivery::ports {

enum class log_level : std::uint8_t { trace, debug, info, warning, error };

/// A named value of a log line. The text is copied before the call returns.
struct log_field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// Where log lines go. Safe to use from any thread; never blocks on I/O for long and never throws.
/// Messages are fixed text; what varies goes into fields (request_id, trace_id, order_id, error …).
class logger {
public:
    virtual ~logger() = default;

    [[nodiscard]] virtual bool is_enabled(log_level level) const noexcept = 0;
    virtual void write(log_level level, std::string_view message,
                       std::span<const log_field> fields) noexcept = 0;

    void log(log_level level, std::string_view message,
             std::initializer_list<log_field> fields = {}) noexcept {
        if (is_enabled(level)) write(level, message, {fields.begin(), fields.size()});
    }
    void debug(std::string_view message, std::initializer_list<log_field> fields = {}) noexcept {
        log(log_level::debug, message, fields);
    }
    void info(std::string_view message, std::initializer_list<log_field> fields = {}) noexcept {
        log(log_level::info, message, fields);
    }
    void warn(std::string_view message, std::initializer_list<log_field> fields = {}) noexcept {
        log(log_level::warning, message, fields);
    }
    void error(std::string_view message, std::initializer_list<log_field> fields = {}) noexcept {
        log(log_level::error, message, fields);
    }
};

}  // namespace delivery::ports
