#include "cli/command_line.hpp"

#include <cstdio>
#include <map>
#include <string>

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/connection_check.hpp"
#include "cli/exit_status.hpp"
#include "cli/version.hpp"

namespace delivery::cli {
namespace {

constexpr std::size_t seed_orders_max = 1'000'000;
constexpr int purge_days_max = 36'500;

/// The parser with everything it fills in.
class parser {
public:
    parser() : app_("Delivery: orders from RECEIVED to DELIVERED, with every step an event.", "delivery") {
        app_.set_version_flag("--version", "delivery " + std::string(version));
        app_.require_subcommand(1);
        app_.fallthrough();
        app_.get_formatter()->column_width(40);
        app_.footer(
            "Flags can also be set as environment variables of the same name: --app-port is APP_PORT.");
        add_settings(app_);
        add_services();
        add_migrations();
        add_data_commands();
    }

    std::expected<invocation, int> parse(int argument_count, const char* const* arguments) {
        if (argument_count < 2) {
            fmt::print(stderr, "{}", app_.help());
            return std::unexpected(exit_usage);
        }
        try {
            app_.parse(argument_count, arguments);
        } catch (const CLI::Success& help_or_version) {
            return std::unexpected(app_.exit(help_or_version));
        } catch (const CLI::ParseError& error) {
            // Without this, an unknown command is only said to be a missing one.
            const auto unknown = app_.remaining(true);
            const auto reason = unknown.empty() ? std::string(error.what())
                                                : fmt::format("there is no '{}'", unknown.front());
            fmt::print(stderr, "delivery: {}\nSee delivery --help.\n", reason);
            return std::unexpected(exit_usage);
        }
        // Whoever asks for it may do so because the configuration is wrong.
        if (result_.command == command::version) return result_;
        return configure();
    }

private:
    void add_settings(CLI::App& to) {
        for (const auto& variable : runtime::configuration_variables()) {
            auto text = std::string(variable.meaning);
            if (!variable.default_value.empty()) text += fmt::format(" (default {})", variable.default_value);
            to.add_option(runtime::flag_of(variable), flags_[std::string(variable.name)], text)
                ->type_name(std::string(variable.metavar))
                ->group("Configuration");
        }
    }

    CLI::App* add(CLI::App& parent, const std::string& name, command value, const std::string& help) {
        return parent.add_subcommand(name, help)->callback([this, value] { result_.command = value; });
    }

    void add_service(const std::string& name, command value, const std::string& help) {
        add_settings(*add(app_, name, value, help));
    }

    void add_services() {
        add_service("run", command::run,
                    "Run all roles in one process; with no configuration: SQLite and no broker");
        add_service("api", command::api, "Run the HTTP API alone, on PostgreSQL and RabbitMQ");
        add_service("relay", command::relay, "Run the outbox relay alone, on PostgreSQL and RabbitMQ");
        add_service("worker", command::worker, "Run the worker alone, on PostgreSQL and RabbitMQ");
    }

    void add_migrations() {
        auto* migrate = app_.add_subcommand("migrate", "Change or show the version of the database schema");
        migrate->require_subcommand(1);
        migrate->fallthrough();
        auto* up = add(*migrate, "up", command::migrate_up, "Bring the schema up to the newest version");
        up->add_option("--to", result_.migrate_to, "Stop at this version")->check(CLI::NonNegativeNumber);
        auto* down = add(*migrate, "down", command::migrate_down, "Undo the last migration");
        auto* to = down->add_option("--to", result_.migrate_to, "Undo everything above this version");
        to->check(CLI::NonNegativeNumber);
        down->add_flag("--all", result_.migrate_all, "Undo everything: all data is lost")->excludes(to);
        add(*migrate, "status", command::migrate_status, "Show which migrations are applied");
    }

    void add_data_commands() {
        auto* seed =
            add(app_, "seed", command::seed, "Store demo orders in every state; running it again adds none");
        seed->add_option("--orders", result_.seed_orders, "How many")
            ->check(CLI::Range(std::size_t{1}, seed_orders_max))
            ->capture_default_str();
        auto* audit = add(app_, "audit", command::audit, "Prove that orders and their histories agree");
        audit->add_flag("--json", result_.as_json, "Print one JSON object a line");
        auto* doctor =
            add(app_, "doctor", command::doctor,
                "Examine database, broker, clock and limits, and say what to do about each finding");
        doctor->add_flag("--json", result_.as_json, "Print one JSON object a line");
        auto* purge = add(app_, "purge", command::purge,
                          "Delete orders that were delivered long ago, with their histories");
        purge->add_option("--days", result_.purge_days, "Delivered more than so many days ago")
            ->check(CLI::Range(1, purge_days_max))
            ->required();
        purge->add_flag("--dry-run", result_.is_dry_run, "Only say how many these are");
        auto* import = add(app_, "import", command::import_orders,
                           "Take over orders of the Python service from its PostgreSQL database");
        import->add_option("--from", result_.import_from, "Its database: postgresql://…, only read")
            ->required();
        import->add_flag("--take-over", result_.import_takes_over,
                         "Unfinished orders too: the Python service has stopped for good");
        import->add_flag("--dry-run", result_.is_dry_run, "Only say what would be done");
        import->add_flag("--json", result_.as_json, "Print one JSON object a line");
        add(app_, "version", command::version, "Print the version");
    }

    std::expected<invocation, int> configure() {
        const auto lookup = [this](std::string_view name) -> std::optional<std::string> {
            const auto flag = flags_.find(std::string(name));
            if (flag != flags_.end() && !flag->second.empty()) return flag->second;
            return runtime::environment_variable(name);
        };
        auto settings = runtime::load_configuration(lookup);
        if (!settings) {
            for (const auto& error : settings.error())
                fmt::print(stderr, "delivery: {}\n", runtime::to_string(error));
            return std::unexpected(exit_usage);
        }
        const auto faults = find_connection_faults(*settings);
        for (const auto& fault : faults) fmt::print(stderr, "delivery: {}\n", fault);
        if (!faults.empty()) return std::unexpected(exit_usage);
        result_.settings = std::move(*settings);
        return result_;
    }

    CLI::App app_;
    invocation result_;
    std::map<std::string, std::string> flags_;
};

}  // namespace

std::expected<invocation, int> parse_command_line(int argument_count, const char* const* arguments) {
    return parser().parse(argument_count, arguments);
}

}  // namespace delivery::cli
