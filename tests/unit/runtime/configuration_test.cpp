#include "runtime/configuration.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/available_cores.hpp"

namespace delivery::runtime {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

using environment = std::map<std::string, std::string, std::less<>>;

auto load(const environment& variables) {
    return load_configuration([&](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
}

configuration loaded(const environment& variables) {
    auto result = load(variables);
    if (result) return *result;
    for (const auto& error : result.error()) ADD_FAILURE() << to_string(error);
    return {};
}

std::string postgres_url(const environment& variables) {
    const auto settings = loaded(variables);
    const auto* target = std::get_if<postgres_database>(&settings.database);
    return target == nullptr ? "not PostgreSQL" : target->url;
}

TEST(Configuration, NothingSetIsTheEmbeddedServiceWithItsDefaults) {
    const auto settings = loaded({});
    EXPECT_EQ(settings.app_name, "delivery");
    EXPECT_EQ(settings.app_host, "0.0.0.0");
    EXPECT_EQ(settings.app_port, 8000);
    EXPECT_EQ(settings.database, database_target(sqlite_database{"data/delivery.db"}));
    EXPECT_FALSE(settings.uses_postgres());
    EXPECT_FALSE(settings.uses_rabbitmq());
    EXPECT_EQ(settings.stages.picking, 1s);
    EXPECT_EQ(settings.stages.transit, 2s);
    EXPECT_EQ(settings.redrive_after, 15min);
    EXPECT_EQ(settings.log_level, ports::log_level::info);
    EXPECT_TRUE(settings.structured_logs);
    EXPECT_EQ(settings.metrics_port, std::nullopt);
    EXPECT_EQ(settings.threads, available_cores());
    EXPECT_EQ(settings.startup_timeout, 60s);
    EXPECT_EQ(settings.request_timeout, 5s);
    EXPECT_EQ(settings.limits.header_bytes, 16U * 1024);
    EXPECT_EQ(settings.limits.target_bytes, 8U * 1024);
    EXPECT_EQ(settings.limits.body_bytes, 64U * 1024);
    EXPECT_EQ(settings.limits.connections, 10'000U);
}

TEST(Configuration, AnEmptyVariableIsNotSet) {
    environment variables;
    for (const auto& variable : configuration_variables()) variables.emplace(variable.name, "");
    const auto settings = loaded(variables);
    EXPECT_EQ(settings.app_port, 8000);
    EXPECT_FALSE(settings.uses_postgres());
    EXPECT_FALSE(settings.uses_rabbitmq());
}

TEST(Configuration, EveryVariableIsRead) {
    const auto settings = loaded({{"APP_NAME", "orders"},
                                  {"APP_HOST", "127.0.0.1"},
                                  {"APP_PORT", " 0 "},
                                  {"DATABASE_URL", "sqlite:/tmp/x.db"},
                                  {"RABBITMQ_URL", "amqp://broker"},
                                  {"PICKING_DURATION", "0"},
                                  {"TRANSIT_DURATION", "0.5s"},
                                  {"REDRIVE_AFTER", "1m"},
                                  {"AUDIT_INTERVAL", "0"},
                                  {"LOG_LEVEL", "DEBUG"},
                                  {"ENABLE_STRUCTURED_LOGS", "no"},
                                  {"METRICS_PORT", "0"},
                                  {"THREADS", "3"},
                                  {"STARTUP_TIMEOUT", "90s"},
                                  {"REQUEST_TIMEOUT", "750ms"},
                                  {"DRAIN_DELAY", "5s"}});
    EXPECT_EQ(settings.app_name, "orders");
    EXPECT_EQ(settings.app_host, "127.0.0.1");
    EXPECT_EQ(settings.app_port, 0);
    EXPECT_EQ(settings.database, database_target(sqlite_database{"/tmp/x.db"}));
    EXPECT_EQ(settings.rabbitmq_url, "amqp://broker");
    EXPECT_EQ(settings.stages.picking, 0s);
    EXPECT_EQ(settings.stages.transit, 500ms);
    EXPECT_EQ(settings.redrive_after, 1min);
    EXPECT_EQ(settings.audit_interval, 0s);
    EXPECT_EQ(settings.log_level, ports::log_level::debug);
    EXPECT_FALSE(settings.structured_logs);
    EXPECT_EQ(settings.metrics_port, 0);
    EXPECT_EQ(settings.threads, 3U);
    EXPECT_EQ(settings.startup_timeout, 90s);
    EXPECT_EQ(settings.request_timeout, 750ms);
    EXPECT_EQ(settings.drain_delay, 5s);
}

TEST(Configuration, MetricsPortIsTheRolesOwnUnlessItIsSet) {
    EXPECT_EQ(metrics_port_of(loaded({}), role::relay), 9464);
    EXPECT_EQ(metrics_port_of(loaded({}), role::worker), 9465);
    EXPECT_EQ(metrics_port_of(loaded({{"METRICS_PORT", "0"}}), role::relay), 0);
    EXPECT_EQ(metrics_port_of(loaded({{"METRICS_PORT", "9000"}}), role::worker), 9000);
}

TEST(Configuration, DatabasePartsMakeAUrl) {
    EXPECT_EQ(postgres_url({{"DB_HOST", "db"}}), "postgresql://delivery@db:5432/delivery");
    EXPECT_EQ(postgres_url({{"DB_HOST", "db"},
                            {"DB_PORT", "6543"},
                            {"DB_USER", "a:b"},
                            {"DB_PASSWORD", "p@s/s %?#&"},
                            {"DB_NAME", "my db"}}),
              "postgresql://a%3Ab:p%40s%2Fs%20%25%3F%23%26@db:6543/my%20db");
    EXPECT_EQ(postgres_url({{"DB_HOST", "::1"}}), "postgresql://delivery@[::1]:5432/delivery");
    EXPECT_EQ(postgres_url({{"DB_HOST", "[fe80::1%eth0]"}}),
              "postgresql://delivery@[fe80::1%25eth0]:5432/delivery");
    EXPECT_EQ(postgres_url({{"DB_HOST", "/run/postgresql"}}),
              "postgresql://delivery@%2Frun%2Fpostgresql:5432/delivery");
    EXPECT_EQ(postgres_url({{"DB_HOST", "a,b"}}), "postgresql://delivery@a:5432,b:5432/delivery");
}

TEST(Configuration, DatabaseUrlGoesBeforeItsParts) {
    EXPECT_EQ(postgres_url(
                  {{"DATABASE_URL", "postgres://one/x"}, {"DB_HOST", "two"}, {"DB_PORT", "not looked at"}}),
              "postgresql://one/x");
    EXPECT_FALSE(loaded({{"DB_NAME", "x"}, {"DB_PORT", "not looked at"}}).uses_postgres());
}

TEST(Configuration, RabbitmqPartsMakeAUrl) {
    EXPECT_EQ(loaded({{"RABBITMQ_HOST", "mq"}}).rabbitmq_url, "amqp://guest:guest@mq:5672/%2F");
    EXPECT_EQ(loaded({{"RABBITMQ_HOST", "::1"},
                      {"RABBITMQ_PORT", "5673"},
                      {"RABBITMQ_USER", "u"},
                      {"RABBITMQ_PASSWORD", " p@ "},
                      {"RABBITMQ_VHOST", "a/b"}})
                  .rabbitmq_url,
              "amqp://u:%20p%40%20@[::1]:5673/a%2Fb");
    EXPECT_EQ(loaded({{"RABBITMQ_URL", "amqp://one"}, {"RABBITMQ_HOST", "two"}}).rabbitmq_url, "amqp://one");
    EXPECT_EQ(loaded({{"RABBITMQ_PORT", "not looked at"}}).rabbitmq_url, "");
}

struct bad_value {
    std::string name;
    std::string value;
    std::string expected_part;
};

class value_that_is_bad : public testing::TestWithParam<bad_value> {};

TEST_P(value_that_is_bad, is_named_with_what_would_be_right) {
    const auto& [name, value, expected_part] = GetParam();
    environment variables{{name, value}};
    if (name == "DB_PORT") variables["DB_HOST"] = "db";
    if (name == "RABBITMQ_PORT") variables["RABBITMQ_HOST"] = "mq";
    const auto result = load(variables);
    ASSERT_FALSE(result.has_value());
    ASSERT_EQ(result.error().size(), 1U);
    const auto& error = result.error().front();
    EXPECT_EQ(error.variable, name);
    EXPECT_EQ(error.value, value);
    EXPECT_THAT(error.expected, HasSubstr(expected_part));
    EXPECT_THAT(to_string(error), HasSubstr(name + " is \""));
}

INSTANTIATE_TEST_SUITE_P(
    variables, value_that_is_bad,
    testing::Values(bad_value{"APP_NAME", std::string(65, 'x'), "1 to 64 printable"},
                    bad_value{"APP_NAME", "café", "printable ASCII"},
                    bad_value{"APP_HOST", "example.org", "an IP address"},
                    bad_value{"APP_HOST", "127.0.0.1:80", "an IP address"},
                    bad_value{"APP_PORT", "65536", "0 to 65535"}, bad_value{"APP_PORT", "-1", "0 to 65535"},
                    bad_value{"APP_PORT", "80a", "0 to 65535"}, bad_value{"APP_PORT", "+80", "0 to 65535"},
                    bad_value{"APP_PORT", "99999999999999999999", "0 to 65535"},
                    bad_value{"DATABASE_URL", "mysql://db/x", "sqlite:PATH or postgresql://"},
                    bad_value{"DB_PORT", "0", "1 to 65535"}, bad_value{"DB_PORT", "x", "1 to 65535"},
                    bad_value{"RABBITMQ_URL", "http://mq", "amqp://"},
                    bad_value{"RABBITMQ_PORT", "70000", "1 to 65535"},
                    bad_value{"PICKING_DURATION", "5", "a number with ms, s, m or h"},
                    bad_value{"PICKING_DURATION", "-1s", "a number with ms, s, m or h"},
                    bad_value{"TRANSIT_DURATION", "9000h", "at most 8760h"},
                    bad_value{"REDRIVE_AFTER", "0", "from 1s to 8760h"},
                    bad_value{"AUDIT_INTERVAL", "999ms", "from 1s to 8760h"},
                    bad_value{"REDRIVE_AFTER", "999ms", "from 1s to 8760h"},
                    bad_value{"LOG_LEVEL", "verbose", "trace, debug, info, warning or error"},
                    bad_value{"ENABLE_STRUCTURED_LOGS", "maybe", "true or false"},
                    bad_value{"METRICS_PORT", "65536", "0 to 65535"}, bad_value{"THREADS", "0", "1 to 256"},
                    bad_value{"THREADS", "257", "1 to 256"}, bad_value{"THREADS", "2.5", "1 to 256"},
                    bad_value{"STARTUP_TIMEOUT", "25h", "at most 24h"},
                    bad_value{"REQUEST_TIMEOUT", "99ms", "from 100ms to 10m"},
                    bad_value{"REQUEST_TIMEOUT", "11m", "from 100ms to 10m"},
                    bad_value{"DRAIN_DELAY", "6m", "at most 5m"}));

TEST(Configuration, AllErrorsComeAtOnce) {
    const auto result =
        load({{"APP_PORT", "x"}, {"THREADS", "x"}, {"DATABASE_URL", "x"}, {"LOG_LEVEL", "x"}});
    ASSERT_FALSE(result.has_value());
    std::vector<std::string> names;
    for (const auto& error : result.error()) names.push_back(error.variable);
    EXPECT_THAT(names, testing::UnorderedElementsAre("APP_PORT", "THREADS", "DATABASE_URL", "LOG_LEVEL"));
}

TEST(Configuration, NoErrorShowsASecret) {
    for (const std::string url :
         {"mysql://u:hunter2@db/x", "postgresql://u:hunter2@db:port/x", "postgresql://u:hun@ter2@db/x",
          "postgresql://u:hunter2 @db/x", "postgresql://u:hunter2", "u:hunter2@db",
          "host=db password=hunter2", "postgresql:u:hunter2@db", "mysql://db/x?password=hunter2&y=z"}) {
        const auto result = load({{"DATABASE_URL", url}, {"RABBITMQ_URL", url}});
        ASSERT_FALSE(result.has_value()) << url;
        ASSERT_EQ(result.error().size(), 2U) << url;
        for (const auto& error : result.error()) {
            EXPECT_THAT(to_string(error), Not(HasSubstr("ter2"))) << url;
            EXPECT_THAT(to_string(error), HasSubstr("***")) << url;
        }
    }
}

TEST(Configuration, AnErrorIsOneLineWhateverTheValue) {
    const configuration_error error{"APP_NAME", std::string("a\n\x1b[31m") + std::string(500, 'x'), "a name"};
    const auto text = to_string(error);
    EXPECT_THAT(text, HasSubstr("a\\x0a\\x1b[31m"));
    EXPECT_LT(text.size(), 300U);
}

TEST(ConfigurationVariables, AreExactlyThoseLookedUp) {
    const environment variables{{"DB_HOST", "db"}, {"RABBITMQ_HOST", "mq"}};
    std::set<std::string> looked_up;
    const auto result = load_configuration([&](std::string_view name) -> std::optional<std::string> {
        looked_up.emplace(name);
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
    ASSERT_TRUE(result.has_value());
    std::set<std::string> described;
    for (const auto& variable : configuration_variables()) described.emplace(variable.name);
    EXPECT_EQ(looked_up, described);
}

TEST(ConfigurationVariables, DefaultsAreWhatLoadingGives) {
    environment variables;
    for (const auto& variable : configuration_variables()) {
        const auto is_value = variable.name != "THREADS" && variable.name != "METRICS_PORT" &&
                              !variable.name.starts_with("DB_") && !variable.name.starts_with("RABBITMQ_");
        if (is_value) variables.emplace(variable.name, variable.default_value);
    }
    const auto described = loaded(variables);
    const auto actual = loaded({});
    EXPECT_EQ(described.app_name, actual.app_name);
    EXPECT_EQ(described.app_host, actual.app_host);
    EXPECT_EQ(described.app_port, actual.app_port);
    EXPECT_EQ(described.database, actual.database);
    EXPECT_EQ(described.stages.picking, actual.stages.picking);
    EXPECT_EQ(described.stages.transit, actual.stages.transit);
    EXPECT_EQ(described.redrive_after, actual.redrive_after);
    EXPECT_EQ(described.log_level, actual.log_level);
    EXPECT_EQ(described.structured_logs, actual.structured_logs);
    EXPECT_EQ(described.startup_timeout, actual.startup_timeout);
    EXPECT_EQ(described.request_timeout, actual.request_timeout);
}

TEST(ConfigurationVariables, AreFlagsAndMarkSecrets) {
    const auto variables = configuration_variables();
    EXPECT_EQ(flag_of(variables.front()), "--app-name");
    for (const auto& variable : variables) {
        const auto holds_secret = variable.name.ends_with("_URL") || variable.name.ends_with("_PASSWORD");
        EXPECT_EQ(variable.secret, holds_secret) << variable.name;
        EXPECT_FALSE(variable.meaning.empty()) << variable.name;
        EXPECT_FALSE(variable.metavar.empty()) << variable.name;
    }
}

}  // namespace
}  // namespace delivery::runtime
