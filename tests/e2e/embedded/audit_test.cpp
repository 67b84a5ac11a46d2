#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <sstream>

#include "../audit_suite.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

class embedded_audit : public testing::TestWithParam<corruption> {
protected:
    embedded_audit() {
        const auto migrated = run_delivery_in(folder_.path(), {"migrate", "up"});
        EXPECT_EQ(migrated.status.code, 0) << migrated.errors;
        audited_ = {.folder = folder_.path(),
                    .database = open_sqlite(folder_ / "data" / "delivery.db"),
                    .dialect = sql_dialect::sqlite};
    }

    temp_folder folder_;
    audited_database audited_;
};

TEST_F(embedded_audit, passes_sound_orders) { expect_sound_orders_to_pass(audited_); }

TEST_F(embedded_audit, lists_violations_as_json) {
    write_sound_orders(*audited_.database, audited_.dialect);
    audited_.database->query("UPDATE orders SET version = 9");
    const auto result = audited_.audit({"--json"});
    EXPECT_EQ(result.status.code, 1);
    for (const auto id : {received_order, in_transit_order, delivered_order}) {
        EXPECT_NE(result.output.find(id), std::string::npos) << result.output;
    }
    // One document, or one a line: each line that is not part of a document of its own must parse.
    boost::json::error_code whole;
    boost::json::parse(result.output, whole);
    if (whole) {
        std::istringstream lines(result.output);
        for (std::string line; std::getline(lines, line);) EXPECT_NO_THROW(boost::json::parse(line)) << line;
    }
}

TEST_F(embedded_audit, names_a_database_that_is_not_there) {
    const temp_folder empty;
    const auto result = run_delivery_in(empty.path(), {"audit"});
    EXPECT_NE(result.status.code, 0);
    EXPECT_NE(result.errors.find("delivery.db"), std::string::npos) << result.errors;
}

TEST_P(embedded_audit, finds) { expect_corruption_to_be_found(audited_, GetParam()); }

INSTANTIATE_TEST_SUITE_P(every_corruption, embedded_audit,
                         testing::ValuesIn(all_corruptions(sql_dialect::sqlite)),
                         [](const auto& info) { return info.param.test_name(); });

}  // namespace
}  // namespace delivery::tests
