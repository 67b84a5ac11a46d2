#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "../deployment.hpp"
#include "../metrics_text.hpp"
#include "../orders.hpp"
#include "support/http_client.hpp"

namespace delivery::tests {
namespace {

/// What the golden list says that a role exports.
std::map<std::string, metric_family> golden_families(const std::string& role) {
    std::ifstream list(std::string(DELIVERY_SOURCE_DIR) + "/tests/unit/runtime/metrics.golden.txt");
    EXPECT_TRUE(list.is_open());
    std::map<std::string, metric_family> families;
    for (std::string line; std::getline(list, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream words(line);
        std::string name;
        std::string labels;
        std::string roles;
        metric_family family;
        words >> name >> family.type >> labels >> roles;
        if (("," + roles + ",").find("," + role + ",") == std::string::npos) continue;
        std::istringstream each(labels == "-" ? "" : labels);
        for (std::string label; std::getline(each, label, ',');) family.labels.insert(label);
        families.emplace(name, family);
    }
    return families;
}

TEST(metrics_of_a_role, are_those_of_the_golden_list_and_no_others) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    std::map<std::string, std::unique_ptr<service>> roles;
    for (const auto* role : {"api", "relay", "worker"}) roles[role] = deployed.start(role);
    for (const auto& [role, running] : roles) running->await_ready();
    deployed.expect_all_delivered(roles["api"]->port(), {post_order(roles["api"]->port())});

    for (const auto& [role, running] : roles) {
        const auto expected = golden_families(role);
        ASSERT_GT(expected.size(), 8U);
        const auto exported = parse_families(http_request(running->port(), "GET", "/metrics").body);
        for (const auto& [name, family] : exported) {
            const auto golden = expected.find(name);
            if (golden == expected.end()) {
                ADD_FAILURE() << role << " exports " << name << ", which is not in the list";
                continue;
            }
            EXPECT_EQ(family.type, golden->second.type) << name;
            EXPECT_EQ(family.labels, golden->second.labels) << name;
        }
        for (const auto& [name, family] : expected) {
            EXPECT_TRUE(exported.contains(name)) << role << " does not export " << name;
        }
    }
}

}  // namespace
}  // namespace delivery::tests
