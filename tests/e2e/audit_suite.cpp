#include "audit_suite.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace delivery::tests {

command_result audited_database::audit(std::vector<std::string> options) const {
    options.insert(options.begin(), "audit");
    return run_delivery_in(folder, std::move(options), variables);
}

void expect_sound_orders_to_pass(const audited_database& audited) {
    write_sound_orders(*audited.database, audited.dialect);
    const auto result = audited.audit();
    EXPECT_EQ(result.status.code, 0) << result.output << result.errors;
}

void expect_corruption_to_be_found(const audited_database& audited, const corruption& broken) {
    write_sound_orders(*audited.database, audited.dialect);
    audited.database->query(broken.statement);
    const auto result = audited.audit();
    EXPECT_EQ(result.status.code, 1) << result.output << result.errors;
    EXPECT_NE(result.output.find(broken.order_id), std::string::npos) << result.output << result.errors;
    for (const auto innocent : {received_order, in_transit_order, delivered_order}) {
        const bool is_blamed = result.output.find(innocent) != std::string::npos;
        const bool may_be_blamed = innocent == broken.order_id || broken.order_id == no_order;
        EXPECT_FALSE(is_blamed && !may_be_blamed) << result.output;
    }
    EXPECT_EQ(result.output.find("João"), std::string::npos) << "an audit names no customer";
}

}  // namespace delivery::tests
