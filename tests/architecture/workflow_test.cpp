#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <regex>
#include <set>

#include "support/child.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path root = DELIVERY_SOURCE_DIR;

YAML::Node workflow() { return YAML::LoadFile(root / ".github/workflows/ci.yml"); }

std::set<std::string> commands_of_dev() {
    const auto help = run_command({root / "dev", "help"}, 30s).output;
    static const std::regex command(R"(\n  ([a-z]+)\b)");
    std::set<std::string> commands;
    for (std::sregex_iterator at(help.begin(), help.end(), command), end; at != end; ++at) {
        commands.insert((*at)[1]);
    }
    return commands;
}

// What a step runs: once for each value of the matrix that it names.
std::vector<std::string> spelled_out(const std::string& run, const YAML::Node& job) {
    static const std::string variable = "${{ matrix.command }}";
    const auto at = run.find(variable);
    if (at == std::string::npos) return {run};
    std::vector<std::string> result;
    for (const auto& entry : job["strategy"]["matrix"]["include"]) {
        result.push_back(std::string(run).replace(at, variable.size(), entry["command"].as<std::string>()));
    }
    return result;
}

TEST(workflow, runs_only_commands_that_dev_knows) {
    const auto known = commands_of_dev();
    ASSERT_GT(known.size(), 8U);
    static const std::regex call(R"(\./dev ([a-z]+)( [a-z]+)*)");
    std::set<std::string> called;
    for (const auto& job : workflow()["jobs"]) {
        for (const auto& step : job.second["steps"]) {
            if (!step["run"]) continue;
            for (const auto& run : spelled_out(step["run"].as<std::string>(), job.second)) {
                std::smatch match;
                ASSERT_TRUE(std::regex_match(run, match, call)) << run;
                EXPECT_TRUE(known.contains(match[1])) << run;
                called.insert(match[1]);
            }
        }
    }
    for (const char* needed : {"build", "test", "sanitize", "lint", "coverage", "package"}) {
        EXPECT_TRUE(called.contains(needed)) << needed;
    }
}

TEST(workflow, pins_its_actions_and_bounds_its_jobs) {
    static const std::regex pinned(R"([\w-]+/[\w-]+@[0-9a-f]{40})");
    for (const auto& job : workflow()["jobs"]) {
        EXPECT_TRUE(job.second["timeout-minutes"]) << job.first;
        for (const auto& step : job.second["steps"]) {
            if (!step["uses"]) continue;
            const auto action = step["uses"].as<std::string>();
            EXPECT_TRUE(std::regex_match(action, pinned)) << action;
        }
    }
}

// Only the release writes anything, once everything else has passed.
TEST(workflow, has_the_least_permissions) {
    const auto text = workflow();
    ASSERT_EQ(text["permissions"].size(), 1U);
    EXPECT_EQ(text["permissions"]["contents"].as<std::string>(), "read");
    for (const auto& job : text["jobs"]) {
        if (job.first.as<std::string>() != "release") EXPECT_FALSE(job.second["permissions"]) << job.first;
    }
    const auto release = text["jobs"]["release"];
    EXPECT_EQ(release["permissions"].size(), 1U);
    EXPECT_EQ(release["if"].as<std::string>(), "startsWith(github.ref, 'refs/tags/v')");
    EXPECT_EQ(release["needs"].size(), text["jobs"].size() - 1);
}

}  // namespace
}  // namespace delivery::tests
