#pragma once

#include "support/service.hpp"

#include "corruptions.hpp"

namespace delivery::tests {

/// Makes a database with its schema, and opens it; `variables` say where `delivery` finds it.
struct audited_database {
    std::filesystem::path folder;
    environment variables{};
    std::unique_ptr<sql_database> database{};
    sql_dialect dialect{};

    [[nodiscard]] command_result audit(std::vector<std::string> options = {}) const;
};

/// Expects a sound database to pass.
void expect_sound_orders_to_pass(const audited_database& audited);

/// Corrupts it, and expects the audit to fail, naming the order.
void expect_corruption_to_be_found(const audited_database& audited, const corruption& broken);

}  // namespace delivery::tests
