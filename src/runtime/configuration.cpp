#include "runtime/configuration.hpp"

#include <fmt/format.h>

#include "runtime/available_cores.hpp"
#include "runtime/configuration_values.hpp"
#include "runtime/connection_urls.hpp"
#include "runtime/mask_secrets.hpp"

namespace delivery::runtime {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view listen_port_shape = "a port from 0 to 65535 (0: any free port)";
constexpr std::string_view server_port_shape = "a port from 1 to 65535";

/// Reads variables one after the other and keeps what is wrong with them.
class reader {
public:
    explicit reader(const variable_lookup& lookup) : lookup_(lookup) {}

    [[nodiscard]] std::optional<std::string> find(std::string_view name) const {
        const auto value = lookup_(name);
        if (!value) return std::nullopt;
        const auto text = trim(*value);
        return text.empty() ? std::nullopt : std::optional<std::string>(text);
    }

    /// As it is, blanks included: for passwords.
    [[nodiscard]] std::optional<std::string> find_secret(std::string_view name) const {
        auto value = lookup_(name);
        return value && value->empty() ? std::nullopt : value;
    }

    /// Sets `target` to the variable's value where it is set and right.
    template <typename Target, typename Parse>
    void read(std::string_view name, Target& target, std::string_view expected, Parse parse) {
        const auto text = find(name);
        if (!text) return;
        if (auto value = parse(*text)) {
            target = static_cast<Target>(*value);
        } else {
            refuse(name, *text, expected);
        }
    }

    void read_port(std::string_view name, std::uint16_t& target) {
        read(name, target, listen_port_shape,
             [](std::string_view text) { return parse_whole_number(text, 0, 65535); });
    }

    void read_duration(std::string_view name, milliseconds& target, milliseconds minimum,
                       milliseconds maximum, std::string_view bounds) {
        const auto expected = fmt::format("0 or a number with ms, s, m or h, such as 1.5s, {}", bounds);
        read(name, target, expected, [&](std::string_view text) -> std::optional<milliseconds> {
            const auto length = parse_duration(text);
            return length && *length >= minimum && *length <= maximum ? length : std::nullopt;
        });
    }

    /// A duration for which 0 means never.
    void read_interval(std::string_view name, milliseconds& target, milliseconds minimum,
                       milliseconds maximum, std::string_view bounds) {
        if (find(name) == "0") {
            target = milliseconds(0);
        } else {
            read_duration(name, target, minimum, maximum, bounds);
        }
    }

    void refuse(std::string_view name, std::string_view value, std::string_view expected) {
        errors_.push_back({std::string(name), mask_secrets(value), std::string(expected)});
    }

    /// The address in PREFIX_HOST, PREFIX_PORT, PREFIX_USER, PREFIX_PASSWORD and the variable
    /// `name_variable`; nothing where no host is set.
    std::optional<server_address> read_server(const std::string& prefix, const std::string& name_variable,
                                              server_address defaults) {
        const auto host = find(prefix + "_HOST");
        if (!host) return std::nullopt;
        auto address = std::move(defaults);
        address.host = *host;
        read(prefix + "_PORT", address.port, server_port_shape, [](const std::string& text) {
            return parse_whole_number(text, 1, 65535) ? std::optional(text) : std::nullopt;
        });
        if (auto user = find(prefix + "_USER")) address.user = user;
        if (auto password = find_secret(prefix + "_PASSWORD")) address.password = password;
        if (auto name = find(name_variable)) address.name = *name;
        return address;
    }

    std::vector<configuration_error>& errors() { return errors_; }

private:
    const variable_lookup& lookup_;
    std::vector<configuration_error> errors_;
};

void read_database(reader& variables, database_target& database) {
    if (const auto url = variables.find("DATABASE_URL")) {
        if (auto parsed = parse_database_url(*url)) {
            database = *std::move(parsed);
        } else {
            variables.refuse("DATABASE_URL", *url, parsed.error());
        }
    } else if (const auto server = variables.read_server(
                   "DB", "DB_NAME",
                   {.host = {}, .port = "5432", .user = "delivery", .password = {}, .name = "delivery"})) {
        database = postgres_database{postgres_url(*server)};
    }
}

void read_bus(reader& variables, std::string& target) {
    if (const auto url = variables.find("RABBITMQ_URL")) {
        if (auto parsed = parse_rabbitmq_url(*url)) {
            target = *std::move(parsed);
        } else {
            variables.refuse("RABBITMQ_URL", *url, parsed.error());
        }
    } else if (const auto server = variables.read_server(
                   "RABBITMQ", "RABBITMQ_VHOST",
                   {.host = {}, .port = "5672", .user = "guest", .password = "guest", .name = "/"})) {
        target = rabbitmq_url(*server);
    }
}

void read_durations(reader& variables, configuration& settings) {
    using namespace std::chrono_literals;
    constexpr milliseconds year = 24h * 365;
    variables.read_duration("PICKING_DURATION", settings.stages.picking, 0ms, year, "at most 8760h");
    variables.read_duration("TRANSIT_DURATION", settings.stages.transit, 0ms, year, "at most 8760h");
    variables.read_duration("REDRIVE_AFTER", settings.redrive_after, 1s, year, "from 1s to 8760h");
    variables.read_interval("AUDIT_INTERVAL", settings.audit_interval, 1s, year, "from 1s to 8760h");
    variables.read_duration("STARTUP_TIMEOUT", settings.startup_timeout, 0ms, 24h, "at most 24h");
    variables.read_duration("REQUEST_TIMEOUT", settings.request_timeout, 100ms, 10min, "from 100ms to 10m");
    variables.read_duration("DRAIN_DELAY", settings.drain_delay, 0ms, 5min, "at most 5m");
}

}  // namespace

std::expected<configuration, std::vector<configuration_error>> load_configuration(
    const variable_lookup& lookup) {
    configuration settings;
    settings.threads = available_cores();
    reader variables(lookup);
    variables.read("APP_NAME", settings.app_name, "1 to 64 printable ASCII characters", parse_name);
    variables.read("APP_HOST", settings.app_host,
                   "an IP address, such as 0.0.0.0 or ::", parse_listen_address);
    variables.read_port("APP_PORT", settings.app_port);
    read_database(variables, settings.database);
    read_bus(variables, settings.rabbitmq_url);
    read_durations(variables, settings);
    variables.read("LOG_LEVEL", settings.log_level, "trace, debug, info, warning or error", parse_log_level);
    variables.read("ENABLE_STRUCTURED_LOGS", settings.structured_logs, "true or false", parse_boolean);
    if (variables.find("METRICS_PORT")) variables.read_port("METRICS_PORT", settings.metrics_port.emplace());
    variables.read("THREADS", settings.threads, "a whole number from 1 to 256",
                   [](std::string_view text) { return parse_whole_number(text, 1, 256); });
    if (!variables.errors().empty()) return std::unexpected(std::move(variables.errors()));
    return settings;
}

}  // namespace delivery::runtime
