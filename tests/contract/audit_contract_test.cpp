#include <algorithm>

#include "contract/store_contract.hpp"

namespace delivery::tests {
namespace {

using domain::status;
using namespace std::chrono_literals;

TEST_P(store_contract, everything_about_every_order_is_read) {
    EXPECT_TRUE(audit().empty());
    auto orders = create_orders(10);
    settle(pending());
    orders[2] = advance(orders[2]);
    EXPECT_EQ(take(make_step(orders[4], 1h)), ports::step_outcome::scheduled);
    EXPECT_GE(run(store().estimate_orders()), 0);
    for (const auto limit : {1U, 3U, 10U, 100U}) {
        const auto audited = audit(limit);
        ASSERT_EQ(audited.size(), orders.size());
        for (std::size_t i = 0; i < orders.size(); ++i) {
            EXPECT_EQ(audited[i].id, orders[i].id);
            EXPECT_EQ(audited[i].order, orders[i]);
            EXPECT_EQ(audited[i].events, history(orders[i].id));
            EXPECT_EQ(audited[i].outbox.size(), i == 2 ? 1U : 0U);
            EXPECT_EQ(audited[i].timers.size(), i == 4 ? 1U : 0U);
            EXPECT_TRUE(audited[i].unreadable.empty());
        }
        EXPECT_EQ(audited[2].outbox.at(0).version, 2);
        EXPECT_GT(audited[2].outbox.at(0).overdue, 0us);
        EXPECT_EQ(audited[4].timers.at(0).version, 1);
        EXPECT_LT(audited[4].timers.at(0).overdue, -50min);
    }
}

TEST_P(store_contract, rows_without_their_order_are_read_too) {
    const auto orders = create_orders(5);
    const auto timed = make_step(orders[3], 1h);
    take(timed);
    auto rows = pending();
    std::erase_if(rows, [&](const auto& row) { return row.event.order_id == orders[2].id; });
    settle(rows);
    for (const auto i : {1U, 2U, 3U})
        database().execute("DELETE FROM orders WHERE id = " + database().literal(orders[i].id));
    for (const auto i : {2U, 3U})
        database().execute("DELETE FROM order_events WHERE order_id = " + database().literal(orders[i].id));
    for (const auto limit : {1U, 2U, 100U}) {
        const auto audited = audit(limit);
        ASSERT_EQ(audited.size(), 5U);
        for (const auto i : {1U, 2U, 3U}) EXPECT_FALSE(audited[i].order);
        EXPECT_EQ(audited[1].events.size(), 1U);
        EXPECT_EQ(audited[2].outbox.size(), 1U);
        EXPECT_EQ(audited[3].timers.size(), 1U);
    }
}

TEST_P(store_contract, an_old_event_is_overdue_only_since_its_order_was_imported_or_announced_again) {
    const std::array old{make_import(new_id(), status::in_transit, {new_id(), new_id(), new_id()})};
    run(store().import_orders(old));
    EXPECT_LT(audit().at(0).outbox.at(0).overdue, 1min);

    settle(pending());
    EXPECT_EQ(run(store().redrive(20ms, std::nullopt)).announced, 0U) << "it was announced just now";
    set_quiet(old[0].order.id, 24h * 300, 25h);
    ASSERT_EQ(run(store().redrive(20ms, std::nullopt)).announced, 1U) << "however old, within a day";
    EXPECT_LT(audit().at(0).outbox.at(0).overdue, 1min);
}

TEST_P(store_contract, an_order_without_history_is_read) {
    const auto orders = create_orders(2);
    database().execute("DELETE FROM order_events WHERE order_id = " + database().literal(orders[1].id));
    const auto audited = audit();
    ASSERT_EQ(audited.size(), 2U);
    EXPECT_EQ(audited[1].order, orders[1]);
    EXPECT_TRUE(audited[1].events.empty());
}

}  // namespace
}  // namespace delivery::tests
