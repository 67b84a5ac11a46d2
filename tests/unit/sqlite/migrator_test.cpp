#include "sqlite/migrator.hpp"

#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "sqlite/database.hpp"
#include "sqlite/lock_file.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

class sqlite_migrator : public testing::Test {
protected:
    static core::migration step(int version, const std::string& up, const std::string& down = "SELECT 1") {
        const auto name = "000" + std::to_string(version) + "_step";
        return {.version = version,
                .name = name,
                .up_sql = up,
                .down_sql = down,
                .up_in_transaction = true,
                .down_in_transaction = true,
                .oldest_binary = version,
                .checksum = std::to_string(std::hash<std::string>{}(up))};
    }

    std::string refusal(const auto& call) {
        try {
            call();
        } catch (const sqlite::migration_error& error) {
            return error.what();
        } catch (const sqlite::open_error& error) {
            return error.what();
        }
        return {};
    }

    std::string tables() {
        return open_sqlite(path_)->value(
            "SELECT coalesce(group_concat(name), '') FROM (SELECT name FROM sqlite_schema "
            "WHERE type = 'table' AND name GLOB 'table_*' ORDER BY name)");
    }

    sqlite::migrator migrator() { return sqlite::migrator(path_, known_); }

    temp_folder folder_;
    std::string path_ = folder_ / "data" / "delivery.db";
    std::vector<core::migration> known_{
        step(1, "CREATE TABLE table_a (id INTEGER) STRICT", "DROP TABLE table_a"),
        step(2, "CREATE TABLE table_b (id INTEGER) STRICT; CREATE TABLE table_c (id INTEGER)",
             "DROP TABLE table_c; DROP TABLE table_b"),
        step(3, "CREATE TABLE table_d (id INTEGER) STRICT", "DROP TABLE table_d")};
};

TEST_F(sqlite_migrator, goes_up_and_down_in_steps) {
    EXPECT_EQ(migrator().status().pending.size(), 3U);
    EXPECT_FALSE(std::filesystem::exists(path_)) << "looking changes nothing";
    const auto first = migrator().up(2);
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].version, 1);
    EXPECT_EQ(first[1].version, 2);
    EXPECT_EQ(tables(), "table_a,table_b,table_c");
    EXPECT_EQ(migrator().status().applied.size(), 2U);
    EXPECT_EQ(migrator().status().incompatibility,
              "the schema is at version 2, this binary needs 3: run delivery migrate up");
    EXPECT_EQ(migrator().up(std::nullopt).size(), 1U);
    EXPECT_TRUE(migrator().up(std::nullopt).empty());
    EXPECT_EQ(migrator().status().incompatibility, std::nullopt);

    EXPECT_EQ(migrator().down(std::nullopt).at(0).version, 3);
    EXPECT_EQ(tables(), "table_a,table_b,table_c");
    EXPECT_EQ(migrator().down(0).size(), 2U);
    EXPECT_EQ(tables(), "");
    EXPECT_TRUE(migrator().down(std::nullopt).empty());
    migrator().up(std::nullopt);
    EXPECT_EQ(tables(), "table_a,table_b,table_c,table_d");
}

TEST_F(sqlite_migrator, a_failure_halfway_leaves_the_last_whole_step) {
    known_[1].up_sql = "CREATE TABLE table_b (id INTEGER); CREATE TABLE table_a (id INTEGER)";
    EXPECT_EQ(refusal([&] { migrator().up(std::nullopt); }),
              "0002_step.up.sql failed and was rolled back: SQLite 1, SQL logic error: table table_a already "
              "exists");
    EXPECT_EQ(tables(), "table_a");
    EXPECT_EQ(migrator().status().applied.size(), 1U);
    known_[1].up_sql = "CREATE TABLE table_b (id INTEGER)";
    migrator().up(std::nullopt);
    EXPECT_EQ(tables(), "table_a,table_b,table_d");
}

TEST_F(sqlite_migrator, a_step_without_transaction_that_fails_must_be_cleared_by_hand) {
    known_[1].up_in_transaction = false;
    known_[1].up_sql = "INSERT INTO absent VALUES (1)";
    EXPECT_NE(refusal([&] { migrator().up(std::nullopt); }).find("0002_step.up.sql failed halfway"),
              std::string::npos);
    EXPECT_NE(refusal([&] { migrator().up(std::nullopt); }).find("migration 0002_step stopped halfway"),
              std::string::npos);
}

TEST_F(sqlite_migrator, a_changed_or_missing_file_is_refused) {
    migrator().up(std::nullopt);
    known_[1].checksum = "other";
    EXPECT_EQ(refusal([&] { migrator().up(std::nullopt); }),
              "0002_step.up.sql has changed since it was applied");
    EXPECT_EQ(refusal([&] { migrator().down(std::nullopt); }),
              "0002_step.up.sql has changed since it was applied");
    EXPECT_EQ(migrator().status().incompatibility, "0002_step.up.sql has changed since it was applied")
        << "status itself does not fail";
    known_.erase(known_.begin() + 1);
    EXPECT_EQ(refusal([&] { migrator().up(std::nullopt); }),
              "0002_step.up.sql is missing, although it was applied");
}

TEST_F(sqlite_migrator, a_newer_schema_is_worked_on_only_where_it_admits_this_binary) {
    migrator().up(std::nullopt);
    known_.pop_back();
    EXPECT_NE(refusal([&] { migrator().up(std::nullopt); }).find("needs a binary that knows version 3"),
              std::string::npos);
    open_sqlite(path_)->query("UPDATE schema_migrations SET oldest_binary = 2 WHERE version = 3");
    EXPECT_TRUE(migrator().up(std::nullopt).empty());
    EXPECT_EQ(migrator().status().incompatibility, std::nullopt);
}

TEST_F(sqlite_migrator, two_at_once_are_refused_but_looking_is_not) {
    migrator().up(2);
    const sqlite::lock_file service(path_);
    EXPECT_EQ(refusal([&] { migrator().up(std::nullopt); }), path_ + " is in use by this process already");
    EXPECT_EQ(refusal([&] { migrator().down(std::nullopt); }), path_ + " is in use by this process already");
    EXPECT_EQ(migrator().status().pending.size(), 1U);
}

TEST_F(sqlite_migrator, the_embedded_migrations_go_up_and_down_and_up) {
    const sqlite::migrator embedded(path_);
    embedded.up(std::nullopt);
    EXPECT_EQ(open_sqlite(path_)->number("SELECT count(*) FROM orders"), 0);
    embedded.down(0);
    EXPECT_EQ(open_sqlite(path_)->value(
                  "SELECT group_concat(name) FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*'"),
              "schema_migrations");
    embedded.up(std::nullopt);
    EXPECT_EQ(embedded.status().incompatibility, std::nullopt);
}

}  // namespace
}  // namespace delivery::tests
