#include <gtest/gtest.h>

#include "support/service.hpp"

namespace delivery::tests {
namespace {

struct wrong_configuration {
    std::vector<std::string> arguments;
    environment variables;
    std::vector<std::string> named;  // What the message must contain.
};

void PrintTo(const wrong_configuration& wrong, std::ostream* out) {
    for (const auto& argument : wrong.arguments) *out << argument << " ";
    for (const auto& [name, value] : wrong.variables) *out << name << "=" << value << " ";
}

class refused_configuration : public testing::TestWithParam<wrong_configuration> {};

TEST_P(refused_configuration, exits_2_naming_it) {
    const auto& wrong = GetParam();
    const auto result = run_delivery(wrong.arguments, wrong.variables);
    EXPECT_EQ(result.status, (exit_status{.code = 2, .signal = 0})) << result.errors;
    for (const auto& text : wrong.named)
        EXPECT_NE(result.errors.find(text), std::string::npos) << result.errors;
    EXPECT_EQ(result.errors.find("s3cret"), std::string::npos) << "a secret is shown: " << result.errors;
    EXPECT_EQ(result.output, "");
}

const std::string postgres = "postgresql://u:s3cret@127.0.0.1:1/d";
const std::string rabbitmq = "amqp://u:s3cret@127.0.0.1:1/";

INSTANTIATE_TEST_SUITE_P(
    values, refused_configuration,
    testing::Values(
        wrong_configuration{{"run"}, {{"APP_PORT", "many"}}, {"APP_PORT", "many"}},
        wrong_configuration{{"run"}, {{"APP_PORT", "65536"}}, {"APP_PORT", "65536"}},
        wrong_configuration{{"run"}, {{"APP_PORT", "-1"}}, {"APP_PORT", "-1"}},
        wrong_configuration{{"run"}, {{"APP_PORT", "80x"}}, {"APP_PORT", "80x"}},
        wrong_configuration{{"run"}, {{"APP_HOST", "not an address"}}, {"APP_HOST"}},
        wrong_configuration{{"run"}, {{"DATABASE_URL", "mysql://u:s3cret@h/d"}}, {"DATABASE_URL"}},
        wrong_configuration{{"run"}, {{"DATABASE_URL", "postgresql://u:s3cret@h:port/d"}}, {"DATABASE_URL"}},
        wrong_configuration{{"run"}, {{"RABBITMQ_URL", "http://u:s3cret@h/"}}, {"RABBITMQ_URL"}},
        wrong_configuration{{"run"}, {{"RABBITMQ_URL", "amqp://u:s3cret@h:port/"}}, {"RABBITMQ_URL"}},
        wrong_configuration{{"run"}, {{"DATABASE_URL", postgres + "?nonsense=1"}}, {"DATABASE_URL", "libpq"}},
        wrong_configuration{
            {"seed"}, {{"DATABASE_URL", "postgresql://u:s3cret%00@h/d"}}, {"DATABASE_URL", "libpq"}},
        wrong_configuration{
            {"run"}, {{"RABBITMQ_URL", rabbitmq + "?heartbeat=5"}}, {"RABBITMQ_URL", "cacertfile"}},
        wrong_configuration{{"run"}, {{"PICKING_DURATION", "5"}}, {"PICKING_DURATION", "5"}},
        wrong_configuration{{"run"}, {{"PICKING_DURATION", "-1s"}}, {"PICKING_DURATION", "-1s"}},
        wrong_configuration{{"run"}, {{"TRANSIT_DURATION", "soon"}}, {"TRANSIT_DURATION", "soon"}},
        wrong_configuration{{"run"}, {{"TRANSIT_DURATION", "99999999999999999999h"}}, {"TRANSIT_DURATION"}},
        wrong_configuration{{"run"}, {{"LOG_LEVEL", "loud"}}, {"LOG_LEVEL", "loud"}},
        wrong_configuration{
            {"run"}, {{"ENABLE_STRUCTURED_LOGS", "maybe"}}, {"ENABLE_STRUCTURED_LOGS", "maybe"}},
        wrong_configuration{{"run"}, {{"THREADS", "0"}}, {"THREADS", "0"}},
        wrong_configuration{{"run"}, {{"THREADS", "257"}}, {"THREADS", "257"}},
        wrong_configuration{{"run"}, {{"REQUEST_TIMEOUT", "5 seconds"}}, {"REQUEST_TIMEOUT"}},
        wrong_configuration{{"run"}, {{"STARTUP_TIMEOUT", "x"}}, {"STARTUP_TIMEOUT", "x"}},
        wrong_configuration{{"run"}, {{"REDRIVE_AFTER", "x"}}, {"REDRIVE_AFTER", "x"}},
        wrong_configuration{{"run"}, {{"DB_HOST", "h"}, {"DB_PORT", "x"}}, {"DB_PORT", "x"}},
        wrong_configuration{{"relay"},
                            {{"DATABASE_URL", postgres}, {"RABBITMQ_URL", rabbitmq}, {"METRICS_PORT", "x"}},
                            {"METRICS_PORT", "x"}}));

INSTANTIATE_TEST_SUITE_P(
    roles, refused_configuration,
    testing::Values(wrong_configuration{{"api"}, {}, {"DATABASE_URL"}},
                    wrong_configuration{{"relay"}, {}, {"DATABASE_URL"}},
                    wrong_configuration{{"worker"}, {}, {"DATABASE_URL"}},
                    wrong_configuration{{"relay"}, {{"DATABASE_URL", postgres}}, {"RABBITMQ_URL"}},
                    wrong_configuration{{"worker"}, {{"DATABASE_URL", postgres}}, {"RABBITMQ_URL"}},
                    wrong_configuration{{"worker"}, {{"RABBITMQ_URL", rabbitmq}}, {"DATABASE_URL"}},
                    wrong_configuration{{"api"},
                                        {{"DATABASE_URL", "sqlite:x.db"}, {"RABBITMQ_URL", rabbitmq}},
                                        {"DATABASE_URL", "SQLite"}}));

INSTANTIATE_TEST_SUITE_P(usage, refused_configuration,
                         testing::Values(wrong_configuration{{"fly"}, {}, {"fly"}},
                                         wrong_configuration{{"run", "--fast"}, {}, {"--fast"}},
                                         wrong_configuration{{"run", "extra"}, {}, {"extra"}},
                                         wrong_configuration{{"run", "--app-port", "x"}, {}, {"x"}},
                                         wrong_configuration{{"migrate", "sideways"}, {}, {"sideways"}},
                                         wrong_configuration{{"seed", "--orders", "many"}, {}, {"--orders"}},
                                         wrong_configuration{{"audit", "--xml"}, {}, {"--xml"}}));

TEST(command_line, help_and_version_go_to_stdout) {
    for (const auto& arguments : std::vector<std::vector<std::string>>{{"--help"},
                                                                       {"--version"},
                                                                       {"version"},
                                                                       {"run", "--help"},
                                                                       {"migrate", "--help"},
                                                                       {"audit", "--help"}}) {
        const auto result = run_delivery(arguments);
        EXPECT_EQ(result.status.code, 0) << result.errors;
        EXPECT_NE(result.output, "") << arguments.front();
        EXPECT_EQ(result.errors, "") << arguments.front();
    }
    const auto help = run_delivery({"--help"}).output;
    for (const auto* command : {"run", "api", "relay", "worker", "migrate", "seed", "audit", "version"}) {
        EXPECT_NE(help.find(command), std::string::npos) << command;
    }
    EXPECT_NE(run_delivery({"version"}, {{"APP_PORT", "x"}}).output.find("0.1.0"), std::string::npos);
}

TEST(command_line, no_command_is_wrong_usage) { EXPECT_EQ(run_delivery({}).status.code, 2); }

TEST(command_line, a_server_that_never_comes_is_exit_1_after_the_startup_timeout) {
    const environment variables{
        {"DATABASE_URL", postgres}, {"RABBITMQ_URL", rabbitmq}, {"STARTUP_TIMEOUT", "500ms"}};
    for (const auto* role : {"api", "relay", "worker"}) {
        const auto result = run_delivery({role}, variables);
        EXPECT_EQ(result.status, (exit_status{.code = 1, .signal = 0})) << role << result.errors;
        EXPECT_EQ(result.errors.find("s3cret"), std::string::npos) << result.errors;
    }
}

}  // namespace
}  // namespace delivery::tests
