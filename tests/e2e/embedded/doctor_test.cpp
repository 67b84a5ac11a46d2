#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/service.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

using testing::ContainsRegex;

class embedded_doctor : public testing::Test {
protected:
    [[nodiscard]] command_result examine(const std::string& path) const {
        return run_delivery({"doctor"}, {{"DATABASE_URL", "sqlite:" + path}});
    }

    temp_folder folder_;
};

TEST_F(embedded_doctor, finds_nothing_wrong_before_the_first_start_and_makes_nothing) {
    const auto seen = examine(folder_ / "data/delivery.db");
    EXPECT_EQ(seen.status.code, 0) << seen.output << seen.errors;
    EXPECT_THAT(seen.output, ContainsRegex("ok +database .*will be made at the first start"));
    EXPECT_THAT(seen.output, ContainsRegex("ok +broker +none: the bus is in the process"));
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(embedded_doctor, finds_nothing_wrong_with_a_database_in_use) {
    const auto path = folder_ / "delivery.db";
    run_delivery({"migrate", "up"}, {{"DATABASE_URL", "sqlite:" + path.string()}});
    const auto seen = examine(path);
    EXPECT_EQ(seen.status.code, 0) << seen.output << seen.errors;
    EXPECT_THAT(seen.output,
                ContainsRegex("ok +schema +[1-9][0-9]* migrations applied, 0 at the next start"));
}

TEST_F(embedded_doctor, tells_a_file_that_is_no_database) {
    write_file(folder_ / "delivery.db",
               "something else, and long enough to be read as a header of a database");
    const auto seen = examine(folder_ / "delivery.db");
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output, ContainsRegex("failed +schema"));
}

TEST_F(embedded_doctor, tells_a_place_where_no_file_can_be_made) {
    write_file(folder_ / "data", "a file, not a folder");
    const auto seen = examine(folder_ / "data/delivery.db");
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output, ContainsRegex("failed +database .*data is no folder"));
}

}  // namespace
}  // namespace delivery::tests
