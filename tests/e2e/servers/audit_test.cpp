#include <gtest/gtest.h>

#include "../audit_suite.hpp"
#include "../deployment.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/metrics_text.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

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

// A row that was changed behind the service's back shows at the next scrape.
TEST_F(server_audit, is_made_by_a_relay_too) {
    write_sound_orders(*audited_.database, sql_dialect::postgres);
    auto variables = audited_.variables;
    variables["RABBITMQ_URL"] = shared_rabbitmq().fresh_vhost();
    variables["METRICS_PORT"] = "0";
    variables["AUDIT_INTERVAL"] = "1s";
    // What has no worker would be watched for minutes.
    audited_.database->query("TRUNCATE outbox, timers");
    audited_.database->query("DELETE FROM order_events WHERE order_id <> '" + std::string(delivered_order) +
                             "'");
    audited_.database->query("DELETE FROM orders WHERE id <> '" + std::string(delivered_order) + "'");
    service relay(folder_.path(), {"relay"}, variables);
    const auto value = [&](std::string_view name) {
        return metric_sum(http_request(relay.port(), "GET", "/metrics").body, name);
    };
    ASSERT_TRUE(eventually(20s, [&] { return value("delivery_audit_last_success_timestamp_seconds") > 0; }));
    EXPECT_EQ(value("delivery_audit_orders"), 1);
    EXPECT_EQ(value("delivery_audit_violations"), 0);
    audited_.database->query("UPDATE orders SET version = 9 WHERE id = '" + std::string(delivered_order) +
                             "'");
    EXPECT_TRUE(eventually(20s, [&] { return value("delivery_audit_violations") == 1; }));
}

INSTANTIATE_TEST_SUITE_P(every_corruption, server_audit,
                         testing::ValuesIn(all_corruptions(sql_dialect::postgres)),
                         [](const auto& info) { return info.param.test_name(); });

}  // namespace
}  // namespace delivery::tests
