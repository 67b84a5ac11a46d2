#include "support/servers.hpp"

#include <gtest/gtest.h>

#include "support/sql.hpp"

namespace delivery::tests {
namespace {

TEST(servers, a_fresh_database_is_empty_and_our_own) {
    const auto first = shared_postgres().fresh_database();
    const auto second = shared_postgres().fresh_database();
    EXPECT_NE(first, second);

    open_postgres(first)->query("CREATE TABLE mark (value int)");
    EXPECT_EQ(open_postgres(second)->number("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), 0);
}

TEST(servers, fresh_virtual_hosts_differ) {
    EXPECT_NE(shared_rabbitmq().fresh_vhost(), shared_rabbitmq().fresh_vhost());
}

TEST(servers, our_own_server_survives_being_killed) {
    auto& postgres = own_postgres();
    open_postgres(postgres.url())->query("CREATE TABLE mark (value int)");
    postgres.kill();
    EXPECT_THROW(open_postgres(postgres.url()), std::runtime_error);
    postgres.start();
    EXPECT_EQ(open_postgres(postgres.url())->number("SELECT count(*) FROM mark"), 0);
}

}  // namespace
}  // namespace delivery::tests
