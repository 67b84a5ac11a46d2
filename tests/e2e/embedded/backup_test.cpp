#include <gtest/gtest.h>

#include "../orders.hpp"
#include "support/eventually.hpp"
#include "support/load.hpp"
#include "support/service.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

// docs/backup.md, gone through. With the sqlite3 shell it is the same statement.
TEST(embedded_backup, is_taken_under_load_and_every_order_of_then_is_delivered) {
    const temp_folder folder;
    const temp_folder restored;
    const environment durations{{"PICKING_DURATION", "200ms"}, {"TRANSIT_DURATION", "200ms"}};
    service delivery(folder.path(), {"run"}, durations);
    delivery.await_ready();
    order_load load(delivery.port(), 4);
    ASSERT_TRUE(eventually(10s, [&] { return load.acknowledged_count() > 200; })) << delivery.log();
    const auto kept = load.acknowledged();
    std::filesystem::create_directory(restored / "data");
    open_sqlite(folder / "data/delivery.db")
        ->query("VACUUM INTO '" + (restored / "data/delivery.db").string() + "'");
    const auto during_backup = load.acknowledged_count();
    EXPECT_TRUE(eventually(10s, [&] { return load.acknowledged_count() > during_backup; }));
    load.stop();
    EXPECT_EQ(load.statuses(), (std::map<int, int>{{201, static_cast<int>(load.acknowledged_count())}}));

    EXPECT_EQ(open_sqlite(restored / "data/delivery.db")->value("PRAGMA integrity_check"), "ok");
    service copy(restored.path(), {"run"}, durations);
    copy.await_ready();
    const std::vector<std::string> none;
    EXPECT_EQ(undelivered(copy.port(), kept, 20s), none);
    EXPECT_EQ(history_faults(copy.port(), kept), none);
    EXPECT_EQ(copy.terminate(), (exit_status{.code = 0, .signal = 0})) << copy.log();
    const auto audit = run_delivery_in(restored.path(), {"audit"});
    EXPECT_EQ(audit.status.code, 0) << audit.output << audit.errors;
}

}  // namespace
}  // namespace delivery::tests
