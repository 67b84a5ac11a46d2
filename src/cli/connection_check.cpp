#include "cli/connection_check.hpp"

#include "postgres/store_factory.hpp"
#include "rabbitmq/bus_factory.hpp"

namespace delivery::cli {

std::vector<std::string> find_connection_faults(const runtime::configuration& settings) {
    std::vector<std::string> faults;
    const auto* server = std::get_if<runtime::postgres_database>(&settings.database);
    if (server != nullptr && !postgres::is_url(server->url)) {
        faults.emplace_back(
            "DATABASE_URL cannot be used: libpq cannot read it; behind the ? there may only be parameters "
            "that it knows, such as sslmode");
    }
    if (settings.uses_rabbitmq()) {
        const auto broker = rabbitmq::parse_url(settings.rabbitmq_url);
        if (!broker) faults.push_back("RABBITMQ_URL cannot be used: " + broker.error());
    }
    return faults;
}

}  // namespace delivery::cli
