#include "postgres/migrator.hpp"

#include <gmock/gmock.h>

#include <future>

#include "postgres/blocking_connection.hpp"
#include "support/eventually.hpp"
#include "support/servers.hpp"
#include "support/sql.hpp"

namespace delivery::postgres {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

core::migration make(int version, const std::string& up, const std::string& down) {
    return {.version = version,
            .name = "000" + std::to_string(version) + "_test",
            .up_sql = up,
            .down_sql = down,
            .oldest_binary = version,
            .checksum = std::to_string(std::hash<std::string>{}(up))};
}

std::string fault_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const migration_error& error) {
        return error.what();
    }
    return "no fault";
}

class migrator_on_a_database : public testing::Test {
protected:
    [[nodiscard]] bool has_table(const std::string& name) {
        return sql_->value("SELECT to_regclass('" + name + "')") == name;
    }

    std::string url_ = tests::shared_postgres().fresh_database();
    std::unique_ptr<tests::sql_database> sql_ = tests::open_postgres(url_);
    std::vector<core::migration> known_{make(1, "CREATE TABLE one ()", "DROP TABLE one"),
                                        make(2, "CREATE TABLE two (n int)", "DROP TABLE two")};
    migrator migrator_{url_, known_};
};

TEST_F(migrator_on_a_database, the_embedded_migrations_go_up_and_down) {
    const migrator real(url_);
    EXPECT_EQ(real.status().pending.size(), embedded_migrations().size());
    EXPECT_EQ(real.up(std::nullopt).size(), embedded_migrations().size());
    EXPECT_TRUE(has_table("order_events"));
    EXPECT_EQ(real.status().incompatibility, std::nullopt);
    EXPECT_EQ(sql_->number("SELECT count(*) FROM pg_indexes WHERE tablename = 'orders'"), 2);
    real.down(0);
    EXPECT_EQ(sql_->number("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), 1);
    EXPECT_EQ(real.up(std::nullopt).size(), embedded_migrations().size());
}

TEST_F(migrator_on_a_database, status_changes_nothing) {
    const auto status = migrator_.status();
    EXPECT_TRUE(status.applied.empty());
    EXPECT_EQ(status.pending.size(), 2U);
    EXPECT_THAT(status.incompatibility.value(), HasSubstr("run delivery migrate up"));
    EXPECT_FALSE(has_table("schema_migrations"));
}

TEST_F(migrator_on_a_database, up_and_down_go_as_far_as_asked) {
    EXPECT_EQ(migrator_.up(1).size(), 1U);
    EXPECT_FALSE(has_table("two"));
    EXPECT_EQ(migrator_.up(std::nullopt).size(), 1U);
    EXPECT_TRUE(migrator_.up(std::nullopt).empty());
    EXPECT_EQ(migrator_.status().applied.size(), 2U);
    EXPECT_EQ(migrator_.down(std::nullopt).at(0).version, 2);
    EXPECT_FALSE(has_table("two"));
    EXPECT_EQ(migrator_.down(std::nullopt).at(0).version, 1);
    EXPECT_TRUE(migrator_.down(std::nullopt).empty());
}

TEST_F(migrator_on_a_database, a_failure_leaves_the_ones_before_it_and_nothing_of_itself) {
    known_[1].up_sql = "CREATE TABLE two (n int); SELECT 1 / 0";
    const auto fault = fault_of([&] { migrator_.up(std::nullopt); });
    EXPECT_THAT(fault, HasSubstr("0002_test failed and left nothing behind"));
    EXPECT_THAT(fault, HasSubstr("division by zero"));
    EXPECT_TRUE(has_table("one"));
    EXPECT_FALSE(has_table("two"));
    known_[1] = make(2, "CREATE TABLE two ()", "DROP TABLE two");
    EXPECT_EQ(migrator_.up(std::nullopt).size(), 1U);
}

TEST_F(migrator_on_a_database, without_a_transaction_a_failure_is_marked_until_it_is_mended) {
    known_[1] =
        make(2, "CREATE INDEX CONCURRENTLY broken ON one (nothing)", "DROP INDEX CONCURRENTLY broken");
    known_[1].up_in_transaction = false;
    EXPECT_THAT(fault_of([&] { migrator_.up(std::nullopt); }), HasSubstr("0002_test stopped halfway"));
    EXPECT_THAT(migrator(url_, known_).status().incompatibility.value_or(""),
                HasSubstr("0002_test stopped halfway"))
        << "status itself does not fail";
    EXPECT_THAT(fault_of([&] { migrator_.up(std::nullopt); }), HasSubstr("by hand"));
    sql_->query("DELETE FROM schema_migrations WHERE NOT finished");
    known_[1].up_sql = "CREATE INDEX CONCURRENTLY mended ON one ((1))";
    EXPECT_EQ(migrator_.up(std::nullopt).size(), 1U);
    EXPECT_TRUE(has_table("mended"));
}

TEST_F(migrator_on_a_database, a_changed_file_is_named) {
    migrator_.up(std::nullopt);
    known_[0].checksum = "other";
    EXPECT_THAT(fault_of([&] { migrator_.up(std::nullopt); }), HasSubstr("0001_test.up.sql has changed"));
    EXPECT_THAT(fault_of([&] { migrator_.down(0); }), HasSubstr("0001_test.up.sql has changed"));
    EXPECT_EQ(migrator_.status().incompatibility, "0001_test.up.sql has changed since it was applied")
        << "status itself does not fail";
}

TEST_F(migrator_on_a_database, of_two_at_once_the_second_finds_the_work_done) {
    known_[0].up_sql = "SELECT pg_sleep(0.3); CREATE TABLE one ()";
    auto other =
        std::async(std::launch::async, [&] { return migrator(url_, known_).up(std::nullopt).size(); });
    const auto mine = migrator_.up(std::nullopt).size();
    const auto theirs = other.get();
    EXPECT_EQ(mine + theirs, 2U);
    EXPECT_TRUE(mine == 0 || theirs == 0);
}

TEST_F(migrator_on_a_database, waiting_for_another_has_an_end) {
    sql_->query("SELECT pg_advisory_lock(28259014037563250)");
    const migrator impatient(url_, known_, milliseconds(100));
    EXPECT_THAT(fault_of([&] { impatient.up(std::nullopt); }),
                HasSubstr("another migration has been running"));
}

TEST_F(migrator_on_a_database, waiting_for_a_table_in_use_has_an_end) {
    migrator_.up(1);
    const auto user = tests::open_postgres(url_);
    user->query("BEGIN; LOCK TABLE one");
    known_[1].up_sql = "ALTER TABLE one ADD COLUMN n int";
    const migrator hasty(url_, known_, milliseconds(200), milliseconds(20));
    EXPECT_THAT(fault_of([&] { hasty.up(std::nullopt); }), HasSubstr("lock timeout"));
    user->query("COMMIT");
    EXPECT_EQ(hasty.up(std::nullopt).size(), 1U);
}

TEST_F(migrator_on_a_database, others_use_a_table_while_it_is_waited_for) {
    migrator_.up(1);
    const auto reader = tests::open_postgres(url_);
    reader->query("BEGIN; SELECT FROM one");
    known_[1].up_sql = "ALTER TABLE one ADD COLUMN n int";
    const migrator patient(url_, known_, std::chrono::seconds(20), milliseconds(100));
    auto work = std::async(std::launch::async, [&] { return patient.up(std::nullopt).size(); });
    // Whoever comes while it waits for the table waits behind it; before its next attempt, they go on.
    const auto other = tests::open_postgres(url_);
    int waited = 0;
    EXPECT_TRUE(tests::eventually(std::chrono::seconds(10), [&] {
        const auto asked = std::chrono::steady_clock::now();
        other->query("SELECT FROM one");
        if (std::chrono::steady_clock::now() - asked > milliseconds(20)) ++waited;
        return waited == 3;
    }));
    EXPECT_NE(work.wait_for(milliseconds(0)), std::future_status::ready);
    reader->query("COMMIT");
    EXPECT_EQ(work.get(), 1U);
}

TEST_F(migrator_on_a_database, a_deadlock_is_tried_again) {
    sql_->query("CREATE SEQUENCE attempts");  // Counts on whatever is rolled back.
    known_[0].up_sql += R"(;
        DO $$ BEGIN IF nextval('attempts') < 3 THEN
            RAISE 'the other one went first' USING ERRCODE = 'deadlock_detected';
        END IF; END $$)";
    const migrator hasty(url_, known_, std::chrono::seconds(20), milliseconds(20));
    EXPECT_EQ(hasty.up(std::nullopt).size(), 2U);
    EXPECT_EQ(sql_->number("SELECT last_value FROM attempts"), 3);
}

TEST_F(migrator_on_a_database, an_index_is_built_beside_transactions_that_outlast_the_lock_timeout) {
    migrator_.up(1);
    const auto writer = tests::open_postgres(url_);
    writer->query("BEGIN; INSERT INTO one DEFAULT VALUES");
    known_[1].up_sql = "CREATE INDEX CONCURRENTLY slow ON one ((1))";
    known_[1].up_in_transaction = false;
    const migrator hasty(url_, known_, milliseconds(200), milliseconds(20));
    auto work = std::async(std::launch::async, [&] { return hasty.up(std::nullopt).size(); });
    EXPECT_TRUE(tests::eventually(std::chrono::seconds(10), [&] {
        return sql_->number(
                   "SELECT count(*) FROM pg_locks "
                   "WHERE NOT granted") == 1;
    }));
    EXPECT_EQ(work.wait_for(milliseconds(300)), std::future_status::timeout) << "it gave up";
    writer->query("COMMIT");
    EXPECT_EQ(work.get(), 1U);
    EXPECT_EQ(sql_->value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'slow'::regclass"), "t");
}

TEST(migrator_without_a_server, says_so) {
    EXPECT_THAT(fault_of([] { migrator("postgresql://127.0.0.1:1/none").up(std::nullopt); }),
                HasSubstr("cannot connect to PostgreSQL"));
    EXPECT_EQ(fault_of([] { std::ignore = migrator("postgresql://user:secret@[::1/none").status(); }),
              "the database's URL cannot be read");
}

TEST_F(migrator_on_a_database, a_server_takes_connections_whatever_the_password) {
    EXPECT_TRUE(takes_connections(url_));
    auto wrong = url_;
    wrong.replace(wrong.find('@') - 1, 1, "_");
    EXPECT_TRUE(takes_connections(wrong));
    EXPECT_FALSE(takes_connections("postgresql://127.0.0.1:1/none"));
}

}  // namespace
}  // namespace delivery::postgres
