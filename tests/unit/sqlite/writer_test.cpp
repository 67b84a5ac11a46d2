#include "sqlite/writer.hpp"

#include <array>
#include <future>
#include <vector>

#include "unit/sqlite/fixture.hpp"

namespace delivery::tests {
namespace {

using ports::store_fault;
using namespace std::chrono_literals;

class sqlite_writer : public sqlite_database_test {
protected:
    using sqlite_database_test::sqlite_database_test;

    using creating = std::future<std::vector<ports::create_result>>;

    creating start(const std::array<ports::new_order, 1>& orders) {
        return boost::asio::co_spawn(context_, store_->create(orders), boost::asio::use_future);
    }
    /// Runs everything that was started to its end.
    void finish() {
        context_.restart();
        context_.run();
    }
    static std::optional<store_fault> fault_of_future(creating& call) {
        return fault_of([&] { call.get(); });
    }
    /// Somebody else's transaction, for as long as the answer lives.
    std::unique_ptr<sql_database> hold_up_writer() {
        auto other = shell();
        other->query("BEGIN IMMEDIATE");
        return other;
    }
};

TEST_F(sqlite_writer, one_bad_call_of_a_group_does_not_fail_its_neighbours) {
    std::vector<std::array<ports::new_order, 1>> batches;
    for (int i = 0; i < 20; ++i)
        batches.push_back({make_order(i % 7 == 3 ? std::string("nul \0", 5) : "Ana")});
    std::vector<creating> calls;
    auto other = hold_up_writer();  // So that the calls pile up and become groups.
    for (const auto& batch : batches) calls.push_back(start(batch));
    context_.poll();
    other->query("COMMIT");
    finish();
    std::int64_t stored = 0;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const auto fault = fault_of_future(calls[i]);
        EXPECT_EQ(fault, i % 7 == 3 ? std::optional(store_fault::bad_data) : std::nullopt) << i;
        if (!fault) ++stored;
    }
    EXPECT_EQ(count("orders"), stored);
    EXPECT_EQ(count("outbox"), stored);
}

TEST_F(sqlite_writer, a_call_that_fails_halfway_leaves_nothing) {
    const std::array orders{make_order("good"), make_order("bad \xff")};
    EXPECT_EQ(fault_of([&] { run(store_->create(orders)); }), store_fault::bad_data);
    EXPECT_EQ(count("orders"), 0);
    EXPECT_EQ(count("outbox"), 0);
}

class sqlite_full_disk : public sqlite_writer {
protected:
    sqlite_full_disk() : sqlite_writer({.path = {}, .max_pages = 200}) {}
};

TEST_F(sqlite_full_disk, is_unavailable_and_well_again_once_there_is_room) {
    const std::string name(10'000, 'x');
    std::optional<store_fault> fault;
    std::int64_t stored = 0;
    for (; stored < 1000 && !fault; ++stored) {
        const std::array orders{make_order(name)};
        fault = fault_of([&] { run(store_->create(orders)); });
    }
    EXPECT_EQ(fault, store_fault::unavailable);
    EXPECT_EQ(count("orders"), --stored);
    EXPECT_EQ(run(store_->find_fault()), std::nullopt);

    shell()->query("DELETE FROM orders WHERE id IN (SELECT id FROM orders LIMIT 20)");
    const std::array orders{make_order(name)};
    EXPECT_EQ(run(store_->create(orders)).size(), 1U);
    EXPECT_EQ(count("orders"), stored - 19);
}

class sqlite_held_up : public sqlite_writer {
protected:
    sqlite_held_up() : sqlite_writer({.path = {}, .deadline = 200ms, .queue_bound = 4}) {}
};

TEST_F(sqlite_held_up, waits_in_vain_and_is_unavailable) {
    auto other = hold_up_writer();
    const std::array orders{make_order()};
    EXPECT_EQ(fault_of([&] { run(store_->create(orders)); }), store_fault::unavailable);
    EXPECT_EQ(log_.count("a transaction was rolled back"), 1U);
    other->query("ROLLBACK");
    EXPECT_EQ(run(store_->create(orders)).size(), 1U);
}

TEST_F(sqlite_held_up, calls_beyond_the_bound_or_the_deadline_are_not_run) {
    auto other = hold_up_writer();
    std::vector<std::array<ports::new_order, 1>> batches;
    for (int i = 0; i < 12; ++i) batches.push_back({make_order()});
    std::vector<creating> calls;
    for (const auto& batch : batches) calls.push_back(start(batch));
    finish();
    for (auto& call : calls) EXPECT_EQ(fault_of_future(call), store_fault::unavailable);
    other->query("ROLLBACK");
    EXPECT_EQ(count("orders"), 0);
    EXPECT_EQ(run(store_->create(batches[0])).size(), 1U);
}

TEST_F(sqlite_writer, the_log_is_checkpointed_and_does_not_grow_without_bound) {
    const std::string name(20'000, 'x');
    for (int i = 0; i < 40; ++i) {
        std::vector<ports::new_order> orders;
        for (int j = 0; j < 100; ++j) orders.push_back(make_order(name));
        run(store_->create(orders));
    }
    // 80 MB went through the log.
    EXPECT_LT(std::filesystem::file_size(how_.path + "-wal"), 40'000'000U);
    EXPECT_EQ(log_.lines().size(), 0U);
}

}  // namespace
}  // namespace delivery::tests
