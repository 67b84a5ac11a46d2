#include <gtest/gtest.h>

#include "../deployment.hpp"

namespace delivery::tests {
namespace {

constexpr auto old_ones =
    "SELECT count(*) FROM orders WHERE status = 'DELIVERED' AND updated_at < now() - interval '3 days'";

TEST(purge, deletes_what_was_delivered_long_ago_beside_the_roles) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    ASSERT_EQ(deployed.run({"seed", "--orders", "100"}).status.code, 0);
    const auto relay = deployed.start("relay");
    const auto worker = deployed.start("worker");
    for (auto* role : {relay.get(), worker.get()}) role->await_ready();
    ASSERT_TRUE(deployed.await_quiet());
    const auto database = deployed.open_database();
    const auto old = database->number(old_ones);
    ASSERT_GT(old, 0);

    const auto counted = deployed.run({"purge", "--days", "3", "--dry-run"});
    EXPECT_EQ(counted.output,
              std::to_string(old) + " orders would be deleted, delivered more than 3 days ago\n")
        << counted.errors;
    EXPECT_EQ(database->number("SELECT count(*) FROM orders"), 100);

    const auto purged = deployed.run({"purge", "--days", "3"});
    EXPECT_EQ(purged.output, std::to_string(old) + " orders deleted, delivered more than 3 days ago\n")
        << purged.errors;
    EXPECT_EQ(database->number("SELECT count(*) FROM orders"), 100 - old);
    EXPECT_EQ(database->number(old_ones), 0);
    EXPECT_EQ(deployed.run({"audit"}).status.code, 0);
}

TEST(purge, needs_to_be_told_how_old) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    for (const auto& arguments : {std::vector<std::string>{"purge"}, {"purge", "--days", "0"}})
        EXPECT_EQ(deployed.run(arguments).status.code, 2);
}

}  // namespace
}  // namespace delivery::tests
