#include "deployment.hpp"

#include <gtest/gtest.h>

#include "orders.hpp"
#include "support/eventually.hpp"

namespace delivery::tests {

deployment::deployment(postgres_server& postgres, rabbitmq_server& rabbitmq)
    : database_url_(postgres.fresh_database()), rabbitmq_url_(rabbitmq.fresh_vhost()) {
    variables = {{"DATABASE_URL", database_url_},
                 {"RABBITMQ_URL", rabbitmq_url_},
                 {"PICKING_DURATION", "10ms"},
                 {"TRANSIT_DURATION", "20ms"}};
    const auto migrated = run({"migrate", "up"});
    EXPECT_EQ(migrated.status.code, 0) << migrated.errors;
}

std::unique_ptr<service> deployment::start(const std::string& role, const environment& more) {
    auto all = more;
    all.insert(variables.begin(), variables.end());
    return std::make_unique<service>(folder_.path(), std::vector<std::string>{role}, all);
}

command_result deployment::run(std::vector<std::string> arguments) {
    return run_delivery_in(folder_.path(), std::move(arguments), variables, std::chrono::seconds(60));
}

bool deployment::await_quiet(std::chrono::milliseconds limit) {
    const auto database = open_database();
    return eventually(
        limit,
        [&] {
            return database->number("SELECT count(*) FROM orders WHERE status <> 'DELIVERED'") == 0 &&
                   database->number("SELECT count(*) FROM outbox") == 0;
        },
        std::chrono::milliseconds(50));
}

void deployment::expect_all_delivered(int api_port, const std::vector<std::string>& ids,
                                      std::chrono::milliseconds limit) {
    const std::vector<std::string> none;
    EXPECT_EQ(undelivered(api_port, ids, limit), none);
    EXPECT_EQ(history_faults(api_port, ids), none);
    EXPECT_TRUE(await_quiet(limit));
    const auto audit = run({"audit"});
    EXPECT_EQ(audit.status.code, 0) << audit.output << audit.errors;
}

std::string with_port(const std::string& url, int port) {
    const auto host = url.find('@') + 1;
    const auto colon = url.find(':', host);
    const auto path = url.find('/', host);
    return url.substr(0, colon + 1) + std::to_string(port) + url.substr(path);
}

}  // namespace delivery::tests
