#include <string>

#include "unit/sqlite/fixture.hpp"

namespace delivery::tests {
namespace {

class sqlite_query_plan : public sqlite_database_test {
protected:
    std::string plan_of(const std::string& sql) {
        std::string plan;
        for (const auto& row : shell()->query("EXPLAIN QUERY PLAN " + sql))
            plan += row.back().value_or("") + "\n";
        return plan;
    }
};

TEST_F(sqlite_query_plan, a_page_of_orders_is_a_range_of_the_index) {
    const auto plan = plan_of(
        "SELECT id, customer_name FROM orders WHERE status = 'RECEIVED' AND "
        "(created_at, id) < (5, 'x') ORDER BY created_at DESC, id DESC LIMIT 20");
    EXPECT_EQ(plan, "SEARCH orders USING INDEX orders_by_status (status=? AND (created_at,id)<(?,?))\n");
}

TEST_F(sqlite_query_plan, pending_rows_and_due_timers_are_ranges_too) {
    EXPECT_EQ(
        plan_of("SELECT order_id FROM outbox WHERE shard = 3 AND sequence > 7 ORDER BY sequence LIMIT 5"),
        "SEARCH outbox USING INDEX outbox_by_shard (shard=? AND sequence>?)\n");
    EXPECT_EQ(plan_of("SELECT traceparent FROM timers WHERE due_at <= 5 ORDER BY due_at LIMIT 5"),
              "SEARCH timers USING INDEX timers_by_due_time (due_at<?)\n");
}

}  // namespace
}  // namespace delivery::tests
