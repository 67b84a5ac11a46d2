#include <gtest/gtest.h>

#include "../audit_suite.hpp"
#include "../deployment.hpp"

namespace delivery::tests {
namespace {

// One database for all: each test begins with none of the rows of the one before.
class server_audit : public testing::TestWithParam<corruption> {
protected:
    server_audit()
        : audited_{.folder = folder_.path(),
                   .variables = {{"DATABASE_URL", migrated_database()}},
                   .database = open_postgres(migrated_database()),
                   .dialect = sql_dialect::postgres} {
        audited_.database->query("TRUNCATE orders, order_events, outbox, timers");
    }

    static const std::string& migrated_database() {
        static const std::string url = [] {
            auto fresh = shared_postgres().fresh_database();
            const auto migrated = run_delivery({"migrate", "up"}, {{"DATABASE_URL", fresh}});
            EXPECT_EQ(migrated.status.code, 0) << migrated.errors;
            return fresh;
        }();
        return url;
    }

    temp_folder folder_;
    audited_database audited_;
};

TEST_F(server_audit, passes_sound_orders) { expect_sound_orders_to_pass(audited_); }

TEST_P(server_audit, finds) { expect_corruption_to_be_found(audited_, GetParam()); }

INSTANTIATE_TEST_SUITE_P(every_corruption, server_audit,
                         testing::ValuesIn(all_corruptions(sql_dialect::postgres)),
                         [](const auto& info) { return info.param.test_name(); });

}  // namespace
}  // namespace delivery::tests
