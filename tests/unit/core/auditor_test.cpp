#include "core/auditor.hpp"

#include "unit/core/core_test.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

class auditor_test : public core_test {
protected:
    auto start_auditor() { return start(auditor.run()); }

    bool is_in_charge = true;
    core::auditor auditor{around(), *store, [this] { return is_in_charge; }, {.interval = 1h, .retry = 1min}};
};

TEST_F(auditor_test, audits_soon_after_the_start_and_then_at_its_interval) {
    for (int i = 0; i < 3; ++i) create_order();
    start_auditor();
    run_for(59s);
    EXPECT_FALSE(metrics.audit);
    run_for(2s);
    ASSERT_TRUE(metrics.audit);
    EXPECT_EQ(metrics.audit->orders, (std::map<domain::status, std::int64_t>{{domain::status::received, 3}}));
    EXPECT_EQ(metrics.audit->violations, 0);
    EXPECT_EQ(script.count("audit"), 1U);
    run_for(59min);
    EXPECT_EQ(script.count("audit"), 1U);
    run_for(2min);
    EXPECT_EQ(script.count("audit"), 2U);
}

TEST_F(auditor_test, counts_and_logs_what_is_wrong_but_not_without_end) {
    for (int i = 0; i < 150; ++i) database.orders.at(create_order().id).order.version = 2;
    start_auditor();
    run_for(61s);
    ASSERT_TRUE(metrics.audit);
    EXPECT_EQ(metrics.audit->violations, 150);
    EXPECT_EQ(log.count("audit found a violation"), 100U);
    EXPECT_EQ(log.count("audit: further violations are counted, not logged"), 1U);
}

TEST_F(auditor_test, leaves_the_audit_to_the_one_in_charge_and_forgets_its_own) {
    start_auditor();
    run_for(61s);
    EXPECT_TRUE(metrics.audit);
    is_in_charge = false;
    run_for(1h);
    EXPECT_FALSE(metrics.audit) << "what it found may have been mended since";
    EXPECT_EQ(script.count("audit"), 1U);
    is_in_charge = true;
    run_for(1min);
    EXPECT_TRUE(metrics.audit) << "it takes over soon";
}

TEST_F(auditor_test, tries_again_soon_where_the_store_is_away) {
    script.fail("audit", ports::store_fault::unavailable);
    start_auditor();
    run_for(61s);
    EXPECT_FALSE(metrics.audit);
    EXPECT_EQ(log.count("audit failed and is tried again"), 1U);
    run_for(60s);
    EXPECT_TRUE(metrics.audit);
}

TEST_F(auditor_test, takes_a_part_of_the_time_only) {
    for (int i = 0; i < 2000; ++i) create_order();
    script.hold("audit");
    start_auditor();
    run_for(60s);
    run_for(1s);
    script.release("audit");
    run_for(2900ms);
    EXPECT_EQ(script.count("audit"), 1U) << "a page that took a second is followed by three of rest";
    run_for(200ms);
    EXPECT_GT(script.count("audit"), 1U);
}

TEST_F(auditor_test, an_order_whose_message_is_in_a_long_queue_is_watched_for_minutes) {
    create_order();
    database.outbox.clear();
    start_auditor();
    run_for(5min);
    EXPECT_FALSE(metrics.audit);
    run_for(2min);
    ASSERT_TRUE(metrics.audit);
    EXPECT_EQ(metrics.audit->violations, 1);
}

TEST_F(auditor_test, ends_soon_wherever_it_is) {
    create_order();
    database.outbox.clear();
    const auto has_ended = start_auditor();
    run_for(90s);  // It watches the order.
    auditor.stop();
    poll();
    EXPECT_TRUE(*has_ended);
    EXPECT_FALSE(metrics.audit) << "half an audit is none";
}

}  // namespace
}  // namespace delivery::tests
