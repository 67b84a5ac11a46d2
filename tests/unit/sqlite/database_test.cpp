#include "sqlite/database.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <future>
#include <thread>
#include <vector>

#include "sqlite/core.hpp"
#include "support/eventually.hpp"
#include "unit/sqlite/fixture.hpp"

namespace delivery::tests {
namespace {

using ports::store_fault;
using namespace std::chrono_literals;

class sqlite_files : public sqlite_database_test {
protected:
    static mode_t mode_of(const std::filesystem::path& path) {
        struct stat found{};
        return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
    }
    std::string refusal(const sqlite::options& how) {
        try {
            sqlite::open_database(how, log_, clock_);
        } catch (const sqlite::open_error& error) {
            return error.what();
        }
        return {};
    }
};

TEST_F(sqlite_files, folder_and_files_are_for_this_user_alone) {
    const auto path = folder_ / "new" / "deeper" / "delivery.db";
    const auto opened = sqlite::open_database({.path = path}, log_, clock_);
    EXPECT_EQ(mode_of(path.parent_path().parent_path()), 0700U);
    EXPECT_EQ(mode_of(path.parent_path()), 0700U);
    const std::array orders{make_order()};
    run(store_->create(orders));
    for (const auto* suffix : {"", "-wal", "-shm", ".lock"})
        EXPECT_EQ(mode_of(how_.path + suffix), 0600U) << suffix;
}

TEST_F(sqlite_files, a_second_writer_is_refused_with_the_reason) {
    EXPECT_EQ(refusal(how_), how_.path + " is in use by this process already");
    EXPECT_THROW(sqlite::migrator(how_.path).up(std::nullopt), sqlite::open_error);
    // Another process, as far as the lock can tell.
    write_file(how_.path + ".lock", "4711\n");
    EXPECT_EQ(refusal(how_), how_.path + " is in use by another process (pid 4711)");
    close();
    EXPECT_EQ(refusal(how_), "");
}

TEST_F(sqlite_files, what_cannot_be_opened_is_refused_with_the_reason) {
    const auto garbage = folder_ / "garbage.db";
    write_file(garbage, std::string(4096, 'x'));
    EXPECT_EQ(refusal({.path = garbage}), garbage.string() +
                                              " cannot be opened: SQLite 26, file is not a database: "
                                              "file is not a database");
    write_file(folder_ / "file", "");
    EXPECT_NE(refusal({.path = folder_ / "file" / "delivery.db"}).find("Not a directory"), std::string::npos);
    EXPECT_THROW(sqlite::open_reader({.path = folder_ / "absent.db"}, log_, clock_), sqlite::open_error);
}

TEST_F(sqlite_files, a_reader_works_beside_the_writer_and_writes_nothing) {
    const std::array orders{make_order()};
    run(store_->create(orders));
    const auto reader = sqlite::make_store(context_.get_executor(), sqlite::open_reader(how_, log_, clock_));
    EXPECT_EQ(run(reader->audit(std::nullopt, 10)).orders.size(), 1U);
    EXPECT_EQ(run(reader->find_fault()), std::nullopt);
    EXPECT_EQ(fault_of([&] { run(reader->create(orders)); }), store_fault::broken);
    run(reader->close());
}

TEST_F(sqlite_files, closing_leaves_one_complete_file_and_the_lock) {
    const std::array orders{make_order()};
    run(store_->create(orders));
    close();
    EXPECT_FALSE(std::filesystem::exists(how_.path + "-wal"));
    EXPECT_EQ(count("orders"), 1);
    open();
    const std::array ids{orders[0].id};
    EXPECT_TRUE(run(store_->find(ids)).at(0));
}

TEST_F(sqlite_files, a_file_that_is_gone_or_another_is_a_fault) {
    EXPECT_EQ(run(store_->find_fault()), std::nullopt);
    std::filesystem::rename(how_.path, how_.path + ".away");
    EXPECT_EQ(run(store_->find_fault()), "the database file is gone: No such file or directory");
    write_file(how_.path, "");
    EXPECT_EQ(run(store_->find_fault()), "the database file was replaced by another; a restart is needed");
    std::filesystem::rename(how_.path + ".away", how_.path);
    EXPECT_EQ(run(store_->find_fault()), std::nullopt);
}

TEST_F(sqlite_files, a_schema_that_does_not_fit_is_a_fault) {
    shell()->query("UPDATE schema_migrations SET version = 2, name = '0002_future', oldest_binary = 2");
    EXPECT_EQ(run(store_->find_fault()),
              "the schema is at version 2, of which 0002_future needs a binary that knows version 2; this "
              "one knows 1");
    shell()->query("UPDATE schema_migrations SET oldest_binary = 1");
    EXPECT_EQ(run(store_->find_fault()), std::nullopt);
    shell()->query("DELETE FROM schema_migrations");
    EXPECT_EQ(run(store_->find_fault()),
              "the schema is at version 0, this binary needs 1: run delivery migrate up");
    shell()->query("DROP TABLE orders");
    const std::array ids{ids_.next(clock_.now())};
    EXPECT_EQ(fault_of([&] { run(store_->find(ids)); }), store_fault::broken);
}

TEST_F(sqlite_files, a_closed_store_answers_nothing_more_but_its_neighbours_do) {
    const auto other = sqlite::make_store(context_.get_executor(), database_);
    run(other->close());
    run(other->close());
    EXPECT_EQ(run(other->find_fault()), "the store is closed");
    const std::array orders{make_order()};
    EXPECT_EQ(fault_of([&] { run(other->create(orders)); }), store_fault::unavailable);
    EXPECT_EQ(run(store_->create(orders)).size(), 1U);
}

TEST_F(sqlite_files, close_waits_for_the_calls_under_way) {
    const std::array orders{make_order()};
    auto creating = boost::asio::co_spawn(context_, store_->create(orders), boost::asio::use_future);
    run(store_->close());
    EXPECT_EQ(creating.get().size(), 1U);
    EXPECT_EQ(count("orders"), 1);
}

TEST_F(sqlite_files, reactors_on_threads_of_their_own_share_one_database) {
    std::vector<std::thread> reactors;
    for (std::uint64_t seed = 10; seed < 14; ++seed) {
        reactors.emplace_back([this, seed] {
            boost::asio::io_context context(1);
            domain::uuid_generator ids(seed);
            const auto store = sqlite::make_store(context.get_executor(), database_);
            for (int i = 0; i < 50; ++i) {
                const std::array orders{ports::new_order{.id = ids.next(clock_.now()),
                                                         .event_id = ids.next(clock_.now()),
                                                         .customer_name = "Ana",
                                                         .address = "Rua",
                                                         .traceparent = {},
                                                         .idempotency = std::nullopt}};
                run_coroutine(context, store->create(orders));
                const std::array wanted{orders[0].id};
                EXPECT_TRUE(run_coroutine(context, store->find(wanted)).at(0));
            }
            run_coroutine(context, store->close());
        });
    }
    for (auto& reactor : reactors) reactor.join();
    EXPECT_EQ(count("orders"), 200);
}

/// Its readers are two, and two more reads may wait for them.
class sqlite_readers : public sqlite_database_test {
protected:
    sqlite_readers() : sqlite_database_test({.path = {}, .queue_bound = 2}) {}

    /// A read that lasts until the gate opens.
    std::future<bool> begin_read(const std::shared_future<void>& gate) {
        auto wait = [this, gate](sqlite::connection&) {
            ++readers_at_work_;
            gate.wait();
            return true;
        };
        return begin(sqlite::read(database_->inner(), std::move(wait)));
    }
    template <typename T>
    std::future<T> begin(awaitable<T> call) {
        auto result = boost::asio::co_spawn(context_, std::move(call), boost::asio::use_future);
        context_.restart();
        context_.poll();
        return result;
    }
    void occupy_both() {
        for (int i = 0; i < 2; ++i) reads_.push_back(begin_read(gate_));
        EXPECT_TRUE(eventually(10s, [this] { return readers_at_work_ == 2; }));
    }
    void finish_reads() {
        for (auto& read : reads_) EXPECT_TRUE(finish_coroutine(context_, read));
    }

    std::atomic<int> readers_at_work_ = 0;
    std::promise<void> opening_;
    std::shared_future<void> gate_ = opening_.get_future().share();
    std::vector<std::future<bool>> reads_;
};

TEST_F(sqlite_readers, look_at_the_schema_before_all_that_waits_however_much_it_is) {
    std::promise<void> opening_later;
    const auto later = opening_later.get_future().share();
    occupy_both();
    for (int i = 0; i < 2; ++i) reads_.push_back(begin_read(later));
    auto one_too_many = begin_read(later);
    EXPECT_EQ(fault_of([&] { finish_coroutine(context_, one_too_many); }), store_fault::unavailable);
    auto fault = begin(store_->find_fault());
    opening_.set_value();
    EXPECT_EQ(finish_coroutine(context_, fault), std::nullopt);
    opening_later.set_value();
    finish_reads();
}

TEST_F(sqlite_readers, that_are_busy_for_long_are_a_fault_within_a_second) {
    occupy_both();
    const auto asked = std::chrono::steady_clock::now();
    EXPECT_EQ(run(store_->find_fault()), "the database did not answer in time");
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 3s);
    opening_.set_value();
    finish_reads();
    EXPECT_EQ(run(store_->find_fault()), std::nullopt);
}

}  // namespace
}  // namespace delivery::tests
