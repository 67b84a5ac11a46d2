#include "cli/bus.hpp"

#include "cli/exit_status.hpp"
#include "memory/bus_factory.hpp"
#include "rabbitmq/bus_factory.hpp"

namespace delivery::cli {
namespace {

/// An SQLite file has one process, which may call its bus the same each time. On a server, another process
/// may have an in-process bus of its own, which must be seen to be another one.
memory::bus_options in_process_options(const runtime::configuration& settings, const ports::clock& clock) {
    memory::bus_options options;
    if (settings.uses_postgres())
        options.name += ":" + domain::uuid_generator().next(clock.now()).to_string();
    return options;
}

}  // namespace

std::unique_ptr<ports::bus> open_bus(const runtime::configuration& settings, const std::string& role_name,
                                     ports::logger& logger, ports::clock& clock,
                                     ports::dead_letter_store& dead_letters) {
    if (!settings.uses_rabbitmq())
        return memory::make_bus(clock, dead_letters, in_process_options(settings, clock));
    auto endpoint = rabbitmq::parse_url(settings.rabbitmq_url);
    if (!endpoint) throw usage_error("RABBITMQ_URL cannot be used: " + endpoint.error());
    rabbitmq::options options;
    options.endpoint = std::move(*endpoint);
    options.service = settings.app_name;
    options.role = role_name;
    return rabbitmq::make_bus(options, logger, clock);
}

}  // namespace delivery::cli
