#include <gtest/gtest.h>

#include "support/service.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

TEST(embedded_purge, has_the_file_for_itself_and_leaves_it_sound) {
    const temp_folder folder;
    ASSERT_EQ(run_delivery_in(folder.path(), {"seed", "--orders", "100"}).status.code, 0);
    {
        service delivery(folder.path(), {"run"});
        delivery.await_ready();
        const auto refused = run_delivery_in(folder.path(), {"purge", "--days", "3"});
        EXPECT_EQ(refused.status.code, 2) << "the service writes it";
        EXPECT_EQ(run_delivery_in(folder.path(), {"purge", "--days", "3", "--dry-run"}).status.code, 0);
        EXPECT_EQ(delivery.terminate(), (exit_status{.code = 0, .signal = 0}));
    }
    const auto purged = run_delivery_in(folder.path(), {"purge", "--days", "3"});
    EXPECT_EQ(purged.status.code, 0) << purged.errors;
    const auto left = open_sqlite(folder / "data/delivery.db")->number("SELECT count(*) FROM orders");
    EXPECT_GT(left, 0);
    EXPECT_LT(left, 100);
    const auto audit = run_delivery_in(folder.path(), {"audit"});
    EXPECT_EQ(audit.status.code, 0) << audit.output << audit.errors;
}

}  // namespace
}  // namespace delivery::tests
