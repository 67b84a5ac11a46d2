#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/service.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

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
    EXPECT_THAT(seen.output, ContainsRegex("ok +schema +[1-9][0-9]* migrations applied\n"));
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

TEST_F(embedded_doctor, tries_whether_a_file_can_be_made_since_rights_alone_do_not_tell) {
    const auto seen = examine("/proc/delivery.db");
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output, ContainsRegex("failed +database +/proc cannot be written"));
    EXPECT_THAT(seen.output, HasSubstr("do: change its owner"));
    EXPECT_THAT(seen.output, Not(HasSubstr("schema")));
}

TEST_F(embedded_doctor, tells_a_folder_where_the_file_should_be) {
    const auto seen = examine(folder_.path());
    EXPECT_EQ(seen.status.code, 1);
    EXPECT_THAT(seen.output, ContainsRegex("failed +database .* is no file"));
}

TEST_F(embedded_doctor, disturbs_no_service_that_runs) {
    service running(folder_.path(), {"run"});
    running.await_ready();
    const auto seen = run_delivery_in(folder_.path(), {"doctor"});
    EXPECT_EQ(seen.status.code, 0) << seen.output << seen.errors;
    EXPECT_THAT(seen.output, Not(AnyOf(HasSubstr("failed"), HasSubstr("first start"))));
    EXPECT_EQ(running.terminate(), (exit_status{.code = 0, .signal = 0})) << running.log();
}

TEST_F(embedded_doctor, a_wrong_configuration_is_told_before_anything_is_examined) {
    const auto seen = run_delivery({"doctor"}, {{"DATABASE_URL", "mysql://someone:secret@localhost/orders"}});
    EXPECT_EQ(seen.status.code, 2);
    EXPECT_EQ(seen.output, "");
    EXPECT_THAT(seen.errors, HasSubstr("DATABASE_URL"));
    EXPECT_THAT(seen.errors, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace delivery::tests
