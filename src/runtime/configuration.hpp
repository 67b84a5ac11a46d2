#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/flow.hpp"
#include "ports/logger.hpp"
#include "runtime/role.hpp"

namespace delivery::runtime {

/// A SQLite database file; a relative path is seen from the working directory.
struct sqlite_database {
    std::string path;
    friend bool operator==(const sqlite_database&, const sqlite_database&) = default;
};

/// A PostgreSQL server as libpq takes it: always `postgresql://…`. Holds the password: mask it before
/// showing it.
struct postgres_database {
    std::string url;
    friend bool operator==(const postgres_database&, const postgres_database&) = default;
};

using database_target = std::variant<sqlite_database, postgres_database>;

/// What a client may send, and how many may be connected.
struct http_limits {
    std::size_t header_bytes = 16 * 1024;
    std::size_t target_bytes = 8 * 1024;
    std::size_t body_bytes = 64 * 1024;
    std::size_t connections = 10'000;
};

/// Everything that can be set, checked and with its defaults.
struct configuration {
    std::string app_name = "delivery";
    std::string app_host = "0.0.0.0";  ///< Always an IP address.
    std::uint16_t app_port = 8000;     ///< 0: any free port.
    database_target database = sqlite_database{"data/delivery.db"};
    std::string rabbitmq_url;  ///< amqp:// or amqps://, with its password; empty: in-process bus.
    domain::stage_durations stages;
    std::chrono::milliseconds redrive_after = std::chrono::minutes(15);
    std::chrono::milliseconds audit_interval = std::chrono::hours(1);  ///< 0: no audits.
    ports::log_level log_level = ports::log_level::info;
    bool structured_logs = true;
    std::optional<std::uint16_t> metrics_port;  ///< Nothing: the role's own, see `metrics_port_of`.
    unsigned threads = 1;
    std::chrono::milliseconds startup_timeout = std::chrono::seconds(60);
    std::chrono::milliseconds request_timeout = std::chrono::seconds(5);
    std::chrono::milliseconds drain_delay{0};
    http_limits limits;

    [[nodiscard]] bool uses_postgres() const { return std::holds_alternative<postgres_database>(database); }
    [[nodiscard]] bool uses_rabbitmq() const { return !rabbitmq_url.empty(); }
};

/// The port on which a role other than the API serves its metrics: the one that was set, else 9464 (relay) or
/// 9465 (worker).
std::uint16_t metrics_port_of(const configuration& settings, role value);

/// A variable that cannot be used: its value (masked where it holds a secret) and what would be right.
struct configuration_error {
    std::string variable;
    std::string value;
    std::string expected;
    friend bool operator==(const configuration_error&, const configuration_error&) = default;
};

/// One line for the operator: APP_PORT is "99999", but must be a port from 0 to 65535 (0: any free port).
std::string to_string(const configuration_error& error);

/// Finds the value of a variable by its name; nothing where it is not set. An empty value counts as not set.
using variable_lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Reads and checks everything, and answers all errors at once. `DATABASE_URL` goes before `DB_*`, and
/// `RABBITMQ_URL` before `RABBITMQ_*`; what is not used is not checked.
std::expected<configuration, std::vector<configuration_error>> load_configuration(
    const variable_lookup& lookup);

/// Looks variables up in the process's environment.
std::optional<std::string> environment_variable(std::string_view name);

/// A variable as help texts and documentation show it.
struct configuration_variable {
    std::string_view name;           ///< As in the environment: APP_PORT.
    std::string_view metavar;        ///< What stands for its value in help texts: PORT.
    std::string_view default_value;  ///< As one would write it; empty where there is none.
    std::string_view meaning;        ///< One sentence, in lower case and without a full stop.
    bool secret = false;             ///< Its value is never shown.
};

/// All variables that `load_configuration` looks up, in the order of the documentation.
std::span<const configuration_variable> configuration_variables();

/// The command line flag of a variable: APP_PORT is --app-port.
std::string flag_of(const configuration_variable& variable);

}  // namespace delivery::runtime
