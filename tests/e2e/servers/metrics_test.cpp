#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "support/http_client.hpp"
#include "support/metrics_text.hpp"

namespace delivery::tests {
namespace {

TEST(metrics_of_a_role, are_those_of_the_golden_list_and_no_others) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    std::map<std::string, std::unique_ptr<service>> roles;
    for (const auto* role : {"api", "relay", "worker"}) roles[role] = deployed.start(role);
    for (const auto& [role, running] : roles) running->await_ready();
    deployed.expect_all_delivered(roles["api"]->port(), {post_order(roles["api"]->port())});

    for (const auto& [role, running] : roles) {
        const auto text = http_request(running->port(), "GET", "/metrics").body;
        EXPECT_THAT(parse_families(text), testing::ContainerEq(golden_families({role}))) << role;
    }
}

}  // namespace
}  // namespace delivery::tests
