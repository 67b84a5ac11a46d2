#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "runtime/configuration.hpp"
#include "runtime/configuration_values.hpp"

namespace delivery::runtime {
namespace {

constexpr std::array variables{
    configuration_variable{"APP_NAME", "NAME", "delivery", "the name of the service in logs"},
    configuration_variable{"APP_HOST", "ADDRESS", "0.0.0.0", "the IP address to listen on"},
    configuration_variable{"APP_PORT", "PORT", "8000",
                           "the port to listen on; 0: any free one, which is logged"},
    configuration_variable{"DATABASE_URL", "URL", "sqlite:data/delivery.db",
                           "sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME", true},
    configuration_variable{"DB_HOST", "HOST", "", "PostgreSQL's host, instead of DATABASE_URL"},
    configuration_variable{"DB_PORT", "PORT", "5432", "PostgreSQL's port, with DB_HOST"},
    configuration_variable{"DB_USER", "USER", "delivery", "PostgreSQL's user, with DB_HOST"},
    configuration_variable{"DB_PASSWORD", "PASSWORD", "", "that user's password, with DB_HOST", true},
    configuration_variable{"DB_NAME", "NAME", "delivery", "the database, with DB_HOST"},
    configuration_variable{"RABBITMQ_URL", "URL", "",
                           "amqp://USER:PASSWORD@HOST:PORT/VHOST or amqps://; without it: in-process bus",
                           true},
    configuration_variable{"RABBITMQ_HOST", "HOST", "", "RabbitMQ's host, instead of RABBITMQ_URL"},
    configuration_variable{"RABBITMQ_PORT", "PORT", "5672", "RabbitMQ's port, with RABBITMQ_HOST"},
    configuration_variable{"RABBITMQ_USER", "USER", "guest", "RabbitMQ's user, with RABBITMQ_HOST"},
    configuration_variable{"RABBITMQ_PASSWORD", "PASSWORD", "guest",
                           "that user's password, with RABBITMQ_HOST", true},
    configuration_variable{"RABBITMQ_VHOST", "VHOST", "/", "the virtual host, with RABBITMQ_HOST"},
    configuration_variable{"PICKING_DURATION", "DURATION", "1s", "how long picking takes; 0: no time at all"},
    configuration_variable{"TRANSIT_DURATION", "DURATION", "2s",
                           "how long transport takes; 0: no time at all"},
    configuration_variable{"REDRIVE_AFTER", "DURATION", "15m",
                           "an unfinished order that nothing has moved for this long is announced again"},
    configuration_variable{"AUDIT_INTERVAL", "DURATION", "1h",
                           "how often all orders are audited, by one relay; 0: never"},
    configuration_variable{"LOG_LEVEL", "LEVEL", "info", "trace, debug, info, warning or error"},
    configuration_variable{"ENABLE_STRUCTURED_LOGS", "BOOLEAN", "true", "JSON lines; false: readable text"},
    configuration_variable{
        "METRICS_PORT", "PORT", "9464 (relay), 9465 (worker)",
        "where relay and worker serve metrics and health; 0: any free port, which is logged"},
    configuration_variable{"THREADS", "NUMBER", "one a core", "event loops, 1 to 256"},
    configuration_variable{"STARTUP_TIMEOUT", "DURATION", "60s",
                           "how long to wait for the database and its schema before giving up"},
    configuration_variable{"REQUEST_TIMEOUT", "DURATION", "5s",
                           "how long a request may take before it is answered 503"},
    configuration_variable{"DRAIN_DELAY", "DURATION", "0",
                           "how long a stopping API still takes requests while /readyz says 503"},
};

/// Fit for one line of a terminal, whatever a variable holds.
std::string make_printable(std::string_view text) {
    constexpr std::size_t longest = 200;
    std::string printable;
    for (const char c : text.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        printable += byte < 0x20 || byte >= 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
    }
    return text.size() > longest ? printable + "…" : printable;
}

}  // namespace

std::span<const configuration_variable> configuration_variables() { return variables; }

std::string flag_of(const configuration_variable& variable) {
    auto flag = "--" + to_lower(variable.name);
    for (auto& c : flag) {
        if (c == '_') c = '-';
    }
    return flag;
}

std::string to_string(const configuration_error& error) {
    return fmt::format("{} is \"{}\", but must be {}", error.variable, make_printable(error.value),
                       error.expected);
}

std::optional<std::string> environment_variable(std::string_view name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this process changes the environment.
    const auto* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::uint16_t metrics_port_of(const configuration& settings, role value) {
    constexpr std::uint16_t relay_port = 9464;
    constexpr std::uint16_t worker_port = 9465;
    return settings.metrics_port.value_or(value == role::relay ? relay_port : worker_port);
}

}  // namespace delivery::runtime
