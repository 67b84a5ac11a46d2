#include <gtest/gtest.h>

#include "../audit_suite.hpp"
#include "../deployment.hpp"

namespace delivery::tests {
namespace {

class server_audit : public testing::TestWithParam<corruption> {
protected:
    server_audit() {
        const environment variables{{"DATABASE_URL", url_}};
        const auto migrated = run_delivery_in(folder_.path(), {"migrate", "up"}, variables);
        EXPECT_EQ(migrated.status.code, 0) << migrated.errors;
        audited_ = {.folder = folder_.path(),
                    .variables = variables,
                    .database = open_postgres(url_),
                    .dialect = sql_dialect::postgres};
    }

    temp_folder folder_;
    std::string url_ = shared_postgres().fresh_database();
    audited_database audited_;
};

TEST_F(server_audit, passes_sound_orders) { expect_sound_orders_to_pass(audited_); }

TEST_P(server_audit, finds) { expect_corruption_to_be_found(audited_, GetParam()); }

INSTANTIATE_TEST_SUITE_P(every_corruption, server_audit,
                         testing::ValuesIn(all_corruptions(sql_dialect::postgres)),
                         [](const auto& info) { return info.param.test_name(); });

}  // namespace
}  // namespace delivery::tests
