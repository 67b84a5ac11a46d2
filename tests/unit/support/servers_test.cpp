#include "support/servers.hpp"

#include <gtest/gtest.h>

#include "support/eventually.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"

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

TEST(servers, a_standby_follows_its_primary_and_takes_its_place) {
    const temp_folder folder;
    const auto primary = postgres_server::in(folder / "primary");
    const auto standby = postgres_server::in(folder / "standby", primary->url());
    open_postgres(primary->url())->query("CREATE TABLE mark (value int)");
    const auto follows = [&] {
        return open_postgres(standby->url())
            ->number("SELECT count(*) FROM pg_tables WHERE tablename = 'mark'");
    };
    EXPECT_TRUE(eventually(std::chrono::seconds(20), [&] { return follows() == 1; }));
    EXPECT_EQ(open_postgres(primary->url())->value("SELECT application_name FROM pg_stat_replication"),
              "standby");

    primary->kill();
    const auto promoted = open_postgres(standby->url());
    EXPECT_EQ(promoted->value("SELECT pg_promote(true, 60)"), "t");
    promoted->query("INSERT INTO mark VALUES (1)");
}

}  // namespace
}  // namespace delivery::tests
