#include "core/migration_plan.hpp"

#include <gmock/gmock.h>

namespace delivery::core {
namespace {

using testing::HasSubstr;

std::vector<migration> three() {
    const std::vector<migration_file> files{
        {.name = "0001_initial.up.sql", .bytes = "CREATE TABLE a ();", .sha256 = "a1"},
        {.name = "0001_initial.down.sql", .bytes = "DROP TABLE a;", .sha256 = "a2"},
        {.name = "0003_index.up.sql",
         .bytes = "-- delivery: no-transaction\n-- delivery: oldest-binary 2\nCREATE INDEX",
         .sha256 = "c1"},
        {.name = "0003_index.down.sql", .bytes = "-- delivery: no-transaction\r\nDROP INDEX", .sha256 = "c2"},
        {.name = "0002_column.up.sql", .bytes = "-- a comment\n-- delivery: no-transaction", .sha256 = "b1"},
        {.name = "0002_column.down.sql", .bytes = "", .sha256 = "b2"}};
    return read_migrations(files).value();
}

std::vector<applied_migration> applied(int count) {
    std::vector<applied_migration> rows;
    for (const auto& known : three()) {
        if (known.version > count) break;
        rows.push_back({.version = known.version,
                        .name = known.name,
                        .checksum = known.checksum,
                        .oldest_binary = known.oldest_binary});
    }
    return rows;
}

std::vector<int> versions(const std::expected<std::vector<migration>, std::string>& plan) {
    std::vector<int> found;
    for (const auto& step : plan.value()) found.push_back(step.version);
    return found;
}

TEST(read_migrations, pairs_scripts_and_reads_options_at_their_top) {
    const auto known = three();
    ASSERT_EQ(known.size(), 3U);
    EXPECT_EQ(known[0].name, "0001_initial");
    EXPECT_EQ(known[0].up_sql, "CREATE TABLE a ();");
    EXPECT_EQ(known[0].down_sql, "DROP TABLE a;");
    EXPECT_EQ(known[0].checksum, "a1");
    EXPECT_TRUE(known[0].up_in_transaction);
    EXPECT_EQ(known[0].oldest_binary, 1);
    EXPECT_TRUE(known[1].up_in_transaction) << "not an option below a comment";
    EXPECT_EQ(known[1].oldest_binary, 2);
    EXPECT_FALSE(known[2].up_in_transaction);
    EXPECT_FALSE(known[2].down_in_transaction);
    EXPECT_EQ(known[2].oldest_binary, 2);
}

struct bad_files {
    const char* name;
    std::vector<migration_file> files;
    const char* fault;
};

class read_bad_migrations : public testing::TestWithParam<bad_files> {};

TEST_P(read_bad_migrations, names_the_file) {
    const auto read = read_migrations(GetParam().files);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error(), HasSubstr(GetParam().fault));
}

migration_file file(std::string_view name, std::string_view bytes = "") {
    return {.name = name, .bytes = bytes, .sha256 = "x"};
}

INSTANTIATE_TEST_SUITE_P(
    files, read_bad_migrations,
    testing::Values(
        bad_files{"no_down", {file("0001_a.up.sql")}, "0001_a.down.sql is missing"},
        bad_files{"no_up", {file("0001_a.down.sql")}, "0001_a.up.sql is missing"},
        bad_files{"gap", {file("0002_a.up.sql"), file("0002_a.down.sql")}, "0002_a: expected version 1"},
        bad_files{
            "no_number", {file("first.up.sql"), file("first.down.sql")}, "first: the name does not begin"},
        bad_files{"other", {file("notes.txt")}, "notes.txt: not a migration"},
        bad_files{
            "option", {file("0001_a.up.sql", "-- delivery: fast\n"), file("0001_a.down.sql")}, "'fast'"},
        bad_files{"number",
                  {file("0001_a.up.sql", "-- delivery: oldest-binary x"), file("0001_a.down.sql")},
                  "option"},
        bad_files{"too_high",
                  {file("0001_a.up.sql", "-- delivery: oldest-binary 2"), file("0001_a.down.sql")},
                  "above its own"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(plan_up, runs_what_is_missing_up_to_the_target) {
    EXPECT_EQ(versions(plan_up(three(), {}, std::nullopt)), (std::vector{1, 2, 3}));
    EXPECT_EQ(versions(plan_up(three(), {}, 2)), (std::vector{1, 2}));
    EXPECT_EQ(versions(plan_up(three(), applied(2), std::nullopt)), std::vector{3});
    EXPECT_TRUE(versions(plan_up(three(), applied(3), std::nullopt)).empty());
    EXPECT_TRUE(versions(plan_up(three(), applied(2), 2)).empty());
}

TEST(plan_up, refuses_targets_that_are_not_above) {
    EXPECT_THAT(plan_up(three(), {}, 4).error(), HasSubstr("no version 4"));
    EXPECT_THAT(plan_up(three(), {}, 0).error(), HasSubstr("no version 0"));
    EXPECT_THAT(plan_up(three(), applied(3), 2).error(), HasSubstr("use migrate down"));
}

TEST(plan_down, undoes_newest_first) {
    EXPECT_EQ(versions(plan_down(three(), applied(3), std::nullopt)), std::vector{3});
    EXPECT_EQ(versions(plan_down(three(), applied(3), 1)), (std::vector{3, 2}));
    EXPECT_EQ(versions(plan_down(three(), applied(3), 0)), (std::vector{3, 2, 1}));
    EXPECT_TRUE(versions(plan_down(three(), {}, std::nullopt)).empty());
    EXPECT_THAT(plan_down(three(), applied(1), 2).error(), HasSubstr("below 2"));
    EXPECT_THAT(plan_down(three(), applied(1), -1).error(), HasSubstr("no version -1"));
}

struct bad_history {
    const char* name;
    std::vector<applied_migration> (*rows)();
    const char* fault;
};

class plan_on_bad_history : public testing::TestWithParam<bad_history> {};

TEST_P(plan_on_bad_history, is_refused_naming_the_file) {
    const auto rows = GetParam().rows();
    EXPECT_THAT(plan_up(three(), rows, std::nullopt).error(), HasSubstr(GetParam().fault));
    EXPECT_THAT(plan_down(three(), rows, 0).error(), HasSubstr(GetParam().fault));
}

INSTANTIATE_TEST_SUITE_P(histories, plan_on_bad_history,
                         testing::Values(bad_history{"changed",
                                                     [] {
                                                         auto rows = applied(2);
                                                         rows[1].checksum = "other";
                                                         return rows;
                                                     },
                                                     "0002_column.up.sql has changed"},
                                         bad_history{"renamed",
                                                     [] {
                                                         auto rows = applied(2);
                                                         rows[0].name = "0001_begin";
                                                         return rows;
                                                     },
                                                     "0001_begin.up.sql is missing"},
                                         bad_history{"gap",
                                                     [] {
                                                         auto rows = applied(3);
                                                         rows.erase(rows.begin() + 1);
                                                         return rows;
                                                     },
                                                     "no version 2"},
                                         bad_history{"unfinished",
                                                     [] {
                                                         auto rows = applied(3);
                                                         rows[2].finished = false;
                                                         return rows;
                                                     },
                                                     "0003_index stopped halfway"}),
                         [](const auto& info) { return std::string(info.param.name); });

std::vector<applied_migration> newer(int oldest_binary) {
    auto rows = applied(3);
    rows.push_back({.version = 4, .name = "0004_later", .checksum = "d", .oldest_binary = oldest_binary});
    return rows;
}

TEST(newer_schema, is_fine_where_it_admits_this_binary) {
    EXPECT_EQ(find_incompatibility(three(), newer(3)), std::nullopt);
    EXPECT_TRUE(versions(plan_up(three(), newer(3), std::nullopt)).empty());
    EXPECT_THAT(plan_down(three(), newer(3), std::nullopt).error(),
                HasSubstr("0004_later.down.sql is missing"));
}

TEST(newer_schema, that_admits_this_binary_may_be_under_way) {
    auto rows = newer(3);
    rows.back().finished = false;
    EXPECT_EQ(find_incompatibility(three(), rows), std::nullopt);
    EXPECT_THAT(find_status(three(), rows).incompatibility.value(), HasSubstr("0004_later stopped halfway"))
        << "a migrator is told";
    rows = newer(4);
    rows.back().finished = false;
    EXPECT_THAT(find_incompatibility(three(), rows).value(), HasSubstr("0004_later"));
}

TEST(newer_schema, is_refused_where_it_does_not) {
    EXPECT_THAT(find_incompatibility(three(), newer(4)).value(),
                HasSubstr("needs a binary that knows version 4"));
    EXPECT_THAT(plan_up(three(), newer(4), std::nullopt).error(), HasSubstr("0004_later"));
}

TEST(find_incompatibility, tells_of_an_older_schema) {
    EXPECT_EQ(find_incompatibility(three(), applied(3)), std::nullopt);
    EXPECT_THAT(find_incompatibility(three(), applied(2)).value(), HasSubstr("run delivery migrate up"));
    EXPECT_THAT(find_incompatibility(three(), {}).value(), HasSubstr("at version 0"));
    auto rows = applied(3);
    rows.back().finished = false;
    EXPECT_THAT(find_incompatibility(three(), rows).value(), HasSubstr("0003_index stopped halfway"));
}

}  // namespace
}  // namespace delivery::core
