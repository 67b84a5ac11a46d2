#include <array>
#include <string>
#include <vector>

#include "unit/sqlite/fixture.hpp"

namespace delivery::tests {
namespace {

class sqlite_audit : public sqlite_database_test {
protected:
    std::vector<ports::audited_order> audit(std::size_t limit) {
        std::vector<ports::audited_order> all;
        std::optional<domain::uuid> after;
        do {
            auto page = run(store_->audit(after, limit));
            for (auto& order : page.orders) all.push_back(std::move(order));
            after = page.next;
        } while (after);
        return all;
    }
    std::vector<std::string> unreadable(std::size_t limit) {
        std::vector<std::string> faults;
        for (const auto& order : audit(limit)) {
            faults.insert(faults.end(), order.unreadable.begin(), order.unreadable.end());
        }
        return faults;
    }
};

TEST_F(sqlite_audit, what_cannot_be_read_is_said_and_the_rest_is_read) {
    const std::array orders{make_order(), make_order(), make_order()};
    run(store_->create(orders));
    const auto second = orders[1].id.to_string();
    shell()->query("UPDATE orders SET status = 'LOST', version = 9999999999 WHERE id = '" + second + "'");
    shell()->query("UPDATE order_events SET status = 'lost', id = 'x' WHERE order_id = '" + second + "'");
    EXPECT_EQ(unreadable(10),
              (std::vector<std::string>{"the order's status is 'LOST'", "the order's version is 9999999999",
                                        "the id of event 1 is 'x'", "the status of event 1 is 'lost'"}));
    EXPECT_EQ(audit(10).size(), 3U);
}

TEST_F(sqlite_audit, rows_under_ids_that_are_none_are_said_once) {
    const std::array orders{make_order(), make_order()};
    run(store_->create(orders));
    for (const auto* id : {"!", "0", "garbage", "zzz"}) {
        shell()->query(std::string("INSERT INTO timers (order_id, version, due_at) VALUES ('") + id +
                       "', 1, 1)");
    }
    for (const std::size_t limit : {1U, 2U, 3U, 100U}) {
        const auto faults = unreadable(limit);
        EXPECT_EQ(faults.size(), 4U);
        EXPECT_EQ(audit(limit).size(), 6U);
    }
}

}  // namespace
}  // namespace delivery::tests
