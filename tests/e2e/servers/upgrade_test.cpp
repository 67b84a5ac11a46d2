#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "postgres/migrator.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/load.hpp"
#include "support/load_balancer.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

/// Reads pages of orders, one after the other, and counts what is not answered with 200.
class page_reader {
public:
    explicit page_reader(int port)
        : thread_([this, port](const std::stop_token& stop) { read(port, stop); }) {}

    [[nodiscard]] int failures() const { return failures_; }
    [[nodiscard]] int pages() const { return pages_; }

private:
    void read(int port, const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            try {
                http_connection client(port);
                for (bool is_open = true; is_open && !stop.stop_requested();) {
                    const auto answer = client.request("GET", "/orders?limit=5");
                    ++(answer.status == 200 ? pages_ : failures_);
                    is_open = answer.header("Connection") != "close";
                    std::this_thread::sleep_for(5ms);
                }
            } catch (const std::exception&) {
                ++failures_;
            }
        }
    }

    std::atomic<int> failures_ = 0;
    std::atomic<int> pages_ = 0;
    std::jthread thread_;
};

/// Two of each role behind a load balancer, and what a newer binary would bring along.
class upgrade : public testing::Test {
protected:
    void SetUp() override {
        deployment_.variables["DRAIN_DELAY"] = "500ms";
        for (const auto* role : {"api", "api", "relay", "relay", "worker", "worker"})
            running_.push_back({.role = role, .process = deployment_.start(role)});
        for (const auto& [role, process] : running_) process->await_ready();
        balancer_.emplace(std::vector{running_[0].process->port(), running_[1].process->port()});
    }

    /// Whether every process is ready, one that does not answer being not.
    bool are_all_ready() {
        return std::ranges::all_of(running_, [](const auto& one) {
            const auto answer = try_http_request(one.process->port(), "GET", "/readyz");
            return answer && answer->status == 200;
        });
    }

    std::int64_t waiting_locks() {
        return database_->number(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE NOT granted AND datname = current_database() AND mode = 'AccessExclusiveLock'");
    }

    /// The newer binary's `migrate up`, while somebody reads `orders` for longer than it waits for the table.
    void add_column_beside_a_long_reader() {
        const auto reader = deployment_.open_database();
        reader->query("BEGIN; SELECT FROM orders LIMIT 1");
        auto work = std::async(std::launch::async, [this] { return newer_.up(newest_ + 1).size(); });
        EXPECT_TRUE(eventually(5s, [this] { return waiting_locks() == 1; }));
        EXPECT_TRUE(eventually(5s, [this] { return waiting_locks() == 0; })) << "it blocks all the others";
        reader->query("COMMIT");
        EXPECT_EQ(work.get(), 1U);
    }

    void add_index_beside_a_long_writer() {
        const auto writer = deployment_.open_database();
        writer->query("BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE");
        auto work = std::async(std::launch::async, [this] { return newer_.up(std::nullopt).size(); });
        EXPECT_TRUE(eventually(5s, [this] {
            return database_->number(
                       "SELECT count(*) FROM pg_stat_progress_create_index "
                       "WHERE datname = current_database()") == 1;
        }));
        EXPECT_TRUE(are_all_ready()) << "an index that is being built is no reason to stop";
        writer->query("COMMIT");
        EXPECT_EQ(work.get(), 1U);
        EXPECT_EQ(database_->value("SELECT indisvalid FROM pg_index "
                                   "WHERE indexrelid = 'orders_by_channel'::regclass"),
                  "t");
    }

    void restart_one_by_one() {
        const exit_status clean{.code = 0, .signal = 0};
        for (auto& [role, process] : running_) {
            EXPECT_EQ(process->terminate(), clean) << process->log();
            process = deployment_.start(role);
            process->await_ready();
            if (role == "api") balancer_->add(process->port());
        }
    }

    static std::vector<core::migration> later_migrations(int newest) {
        const auto known = postgres::embedded_migrations();
        std::vector<core::migration> all(known.begin(), known.end());
        all.push_back({.version = newest + 1,
                       .name = "9998_channel",
                       .up_sql = "ALTER TABLE orders ADD COLUMN channel text NOT NULL DEFAULT 'web'",
                       .down_sql = "ALTER TABLE orders DROP COLUMN channel",
                       .oldest_binary = newest,
                       .checksum = "a"});
        all.push_back({.version = newest + 2,
                       .name = "9999_orders_by_channel",
                       .up_sql = "CREATE INDEX CONCURRENTLY orders_by_channel ON orders (channel)",
                       .down_sql = "DROP INDEX CONCURRENTLY orders_by_channel",
                       .up_in_transaction = false,
                       .down_in_transaction = false,
                       .oldest_binary = newest,
                       .checksum = "b"});
        return all;
    }

    struct running_role {
        std::string role;
        std::unique_ptr<service> process;
    };

    deployment deployment_{shared_postgres(), shared_rabbitmq()};
    std::unique_ptr<sql_database> database_ = deployment_.open_database();
    const int newest_ = postgres::embedded_migrations().back().version;
    const std::vector<core::migration> known_to_newer_ = later_migrations(newest_);
    const postgres::migrator newer_{deployment_.database_url(), known_to_newer_};
    std::deque<running_role> running_;
    std::optional<load_balancer> balancer_;
};

TEST_F(upgrade, and_its_undoing_fail_no_request_and_lose_no_order) {
    order_load load(balancer_->port(), 8, 20ms);
    const page_reader reader(balancer_->port());
    ASSERT_TRUE(eventually(10s, [&] { return load.acknowledged_count() > 50; }));

    add_column_beside_a_long_reader();
    add_index_beside_a_long_writer();
    restart_one_by_one();
    EXPECT_EQ(newer_.down(newest_).size(), 2U);
    EXPECT_TRUE(are_all_ready());
    const auto before = load.acknowledged_count();
    EXPECT_TRUE(eventually(10s, [&] { return load.acknowledged_count() > before + 50; }));

    load.stop();
    EXPECT_EQ(load.statuses(), (std::map<int, int>{{201, static_cast<int>(load.acknowledged_count())}}));
    EXPECT_EQ(load.unanswered(), 0);
    EXPECT_EQ(reader.failures(), 0);
    EXPECT_GT(reader.pages(), 0);
    EXPECT_EQ(database_->number("SELECT count(*) FROM orders"),
              static_cast<std::int64_t>(load.acknowledged_count()));
    deployment_.expect_all_delivered(running_.front().process->port(), load.acknowledged());
}

}  // namespace
}  // namespace delivery::tests
