#include "core/legacy_import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/audit.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;
using domain::status;
using testing::HasSubstr;

const domain::timestamp noon = std::chrono::sys_days(std::chrono::year(2025) / 11 / 3) + 12h;

ports::legacy_order delivered_order() {
    return {.id = "58a3df14-0c77-4c55-b38e-06e10b1d5373",
            .customer_name = "João Silva",
            .address = "Rua Exemplo, 123",
            .status = "DELIVERED",
            .created_at = noon,
            .events = {{"75a771a4-a5f3-433a-a536-6c439d79890f", "DELIVERED", noon + 3s},
                       {"c854b8a2-fef2-4407-a7d8-3a88c71b5cc8", "RECEIVED", noon},
                       {"d5daae51-fcd0-4137-90a9-8ca7881202d0", "IN_TRANSIT", noon + 1s}}};
}

/// What the audit would say against it.
std::vector<std::string> faults_of(const ports::imported_order& taken) {
    std::vector<std::string> found;
    const auto verdict = core::judge({.id = taken.order.id,
                                      .order = taken.order,
                                      .events = taken.events,
                                      .outbox = {},
                                      .timers = {},
                                      .unreadable = {}});
    for (const auto& one : verdict.violations) found.push_back(one.what);
    return found;
}

TEST(legacy_import, keeps_ids_statuses_and_times) {
    const auto taken = core::convert(delivered_order());
    ASSERT_TRUE(taken);
    EXPECT_FALSE(taken->is_renamed);
    EXPECT_FALSE(taken->is_repaired);
    const auto& [order, events] = taken->order;
    EXPECT_EQ(order.id.to_string(), "58a3df14-0c77-4c55-b38e-06e10b1d5373");
    EXPECT_EQ(order.status, status::delivered);
    EXPECT_EQ(order.version, 3);
    EXPECT_EQ(order.created_at, noon);
    EXPECT_EQ(order.updated_at, noon + 3s);
    EXPECT_EQ(events.at(1).id.to_string(), "d5daae51-fcd0-4137-90a9-8ca7881202d0");
    EXPECT_EQ(events.at(1).recorded_at, noon + 1s);
    EXPECT_EQ(faults_of(taken->order), std::vector<std::string>{});
}

// Checked against Python: uuid.uuid5(uuid.UUID("6f8a2b1c-3d4e-5f60-8a9b-0c1d2e3f4a5b"), "order-17").
TEST(legacy_import, maps_an_id_that_is_no_uuid_always_to_the_same) {
    EXPECT_EQ(core::map_legacy_id("order-17").to_string(), "de6024e2-b53e-5ad9-8f1b-af7352102de3");
    EXPECT_EQ(core::map_legacy_id("58A3DF14-0C77-4C55-B38E-06E10B1D5373").to_string(),
              "58a3df14-0c77-4c55-b38e-06e10b1d5373");
    auto old = delivered_order();
    old.id = "order-17";
    EXPECT_TRUE(core::convert(old).value().is_renamed);
}

struct repair_case {
    const char* name;
    std::function<void(ports::legacy_order&)> change;
};

class repaired : public testing::TestWithParam<repair_case> {};

TEST_P(repaired, to_a_history_that_the_audit_finds_sound) {
    auto old = delivered_order();
    GetParam().change(old);
    const auto taken = core::convert(old);
    ASSERT_TRUE(taken) << taken.error();
    EXPECT_TRUE(taken->is_repaired);
    EXPECT_EQ(taken->order.events.size(), 3U);
    EXPECT_EQ(taken->order.order.created_at, noon) << "it is what clients have seen";
    EXPECT_EQ(faults_of(taken->order), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(
    legacy_import, repaired,
    testing::Values(
        repair_case{"no_first_event",
                    [](auto& old) {
                        std::erase_if(old.events, [](const auto& one) { return one.status == "RECEIVED"; });
                    }},
        repair_case{"an_event_twice",
                    [](auto& old) { old.events.push_back({"another", "IN_TRANSIT", noon + 2s}); }},
        repair_case{"time_that_goes_back", [](auto& old) { old.events[0].time = noon + 500ms; }},
        repair_case{"first_event_a_moment_later", [](auto& old) { old.events[1].time = noon + 4ms; }}),
    [](const auto& info) { return info.param.name; });

struct refusal_case {
    const char* name;
    std::function<void(ports::legacy_order&)> change;
    const char* reason;
};

class refused : public testing::TestWithParam<refusal_case> {};

TEST_P(refused, with_a_reason_that_names_no_customer) {
    auto old = delivered_order();
    GetParam().change(old);
    const auto taken = core::convert(old);
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error(), HasSubstr(GetParam().reason));
    EXPECT_THAT(taken.error(), testing::Not(HasSubstr("Silva")));
}

INSTANTIATE_TEST_SUITE_P(
    legacy_import, refused,
    testing::Values(
        refusal_case{"unknown_status", [](auto& old) { old.status = "LOST"; }, "its status is \"LOST\""},
        refusal_case{"unknown_event", [](auto& old) { old.events[0].status = "LOST"; }, "unknown status"},
        refusal_case{"no_time", [](auto& old) { old.created_at.reset(); }, "it has no created_at"},
        refusal_case{"event_without_time", [](auto& old) { old.events[1].time.reset(); }, "has no time"},
        refusal_case{"gap", [](auto& old) { old.events.pop_back(); }, "its history lacks IN_TRANSIT"},
        refusal_case{"history_ahead", [](auto& old) { old.status = "RECEIVED"; },
                     "its status is RECEIVED, its history goes on to DELIVERED"},
        refusal_case{"empty_name", [](auto& old) { old.customer_name = "  "; }, "customer_name: "},
        refusal_case{"long_address", [](auto& old) { old.address.assign(501, 'x'); }, "address: "}),
    [](const auto& info) { return info.param.name; });

TEST(legacy_import, reads_statuses_in_either_case) {
    auto old = delivered_order();
    old.status = "delivered";
    old.events[0].status = "delivered";
    EXPECT_TRUE(core::convert(old));
}

}  // namespace
}  // namespace delivery::tests
