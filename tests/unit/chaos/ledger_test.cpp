#include "chaos/ledger.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <functional>

namespace delivery::chaos {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

uuid numbered(std::uint8_t order, std::uint8_t event = 0) {
    uuid::bytes_type bytes{};
    bytes[14] = order;
    bytes[15] = event;
    return uuid(bytes);
}

std::string message(const uuid& order, const uuid& event, int version, std::string_view status) {
    return fmt::format(R"({{"event_id":"{}","order_id":"{}","status":"{}","version":{}}})", event.to_string(),
                       order.to_string(), status, version);
}

void hear(evidence& in, std::uint8_t order, int version) {
    const auto place = static_cast<std::size_t>(version - 1);
    in.wire.hear(message(numbered(order), numbered(order, static_cast<std::uint8_t>(version)), version,
                         life_cycle.at(place)),
                 false);
}

posted_order acknowledge(evidence& in, std::uint8_t order) {
    const posted_order posted{.name = fmt::format("order {}", order),
                              .address = fmt::format("Rua {}", order)};
    in.clients.acknowledged.push_back({.id = numbered(order), .posted = posted, .created_at = {}});
    return posted;
}

// An order that was acknowledged, finished and heard of, as it should be.
void add_order(evidence& in, std::uint8_t order) {
    const auto posted = acknowledge(in, order);
    stored_order stored{.id = numbered(order),
                        .posted = posted,
                        .status = "DELIVERED",
                        .version = 3,
                        .created_at = 100,
                        .history = {}};
    for (int version = 1; version <= 3; ++version) {
        stored.history.push_back({.id = numbered(order, static_cast<std::uint8_t>(version)),
                                  .version = version,
                                  .status = std::string(life_cycle.at(static_cast<std::size_t>(version - 1))),
                                  .recorded_at = 99 + version});
        hear(in, order, version);
    }
    in.stored.push_back(stored);
}

void add_failed(evidence& in, fault_kind kind, std::size_t times) {
    for (std::size_t count = 0; count < times; ++count)
        in.faults.failed.push_back({.kind = kind, .what = "no"});
}

evidence flawless() {
    evidence found;
    found.faults.length = std::chrono::minutes(1);
    for (const auto kind : all_fault_kinds()) found.faults.made[kind] = 2;
    add_order(found, 1);
    add_order(found, 2);
    return found;
}

TEST(chaos_ledger, of_a_flawless_run_balances) {
    const auto result = draw_ledger(flawless());
    EXPECT_TRUE(result.is_balanced()) << to_table({}, {}, result);
    EXPECT_EQ(result.acknowledged, 2U);
    EXPECT_EQ(result.stored, 2U);
    EXPECT_EQ(result.unacknowledged, 0U);
    EXPECT_EQ(result.heard, 6U);
    EXPECT_EQ(result.repeats, 0U);
}

TEST(chaos_ledger, repeats_and_lost_answers_are_no_fault) {
    auto found = flawless();
    hear(found, 1, 1);
    hear(found, 1, 1);
    hear(found, 2, 3);
    found.clients.acknowledged.pop_back();
    const auto result = draw_ledger(found);
    EXPECT_TRUE(result.is_balanced());
    EXPECT_EQ(result.repeats, 3U);
    EXPECT_EQ(result.unacknowledged, 1U);
}

TEST(chaos_ledger, what_was_done_as_patience_ended_is_no_fault) {
    auto found = flawless();
    found.is_still_moving = true;
    EXPECT_TRUE(draw_ledger(found).is_balanced());
}

TEST(chaos_ledger, what_is_skipped_or_fails_now_and_then_is_no_fault) {
    auto found = flawless();
    found.faults.made.erase(fault_kind::fill_disk);
    found.faults.skipped[fault_kind::fill_disk] = "needs root";
    found.faults.made[fault_kind::fail_over] = 0;
    add_failed(found, fault_kind::fail_over, 1);
    add_failed(found, fault_kind::kill_broker, 1);
    EXPECT_TRUE(draw_ledger(found).is_balanced());
}

TEST(chaos_ledger, a_run_may_be_too_short_for_faults) {
    auto found = flawless();
    found.faults.length = std::chrono::seconds(2);
    found.faults.made.clear();
    EXPECT_TRUE(draw_ledger(found).is_balanced());
}

struct violation {
    std::string name;
    std::string promise;
    std::function<void(evidence&)> make;
};

void PrintTo(const violation& each, std::ostream* out) { *out << each.name; }

class chaos_violation : public testing::TestWithParam<violation> {};

// The one promise that is broken says so, with one entry, and no other does.
TEST_P(chaos_violation, is_entered_in_the_ledger) {
    auto found = flawless();
    GetParam().make(found);
    const auto result = draw_ledger(found);
    EXPECT_FALSE(result.is_balanced());
    for (const auto& promise : result.promises) {
        EXPECT_EQ(promise.broken.size(), promise.name == GetParam().promise ? 1U : 0U)
            << promise.name << ": " << testing::PrintToString(promise.broken);
    }
}

// An order that nobody was promised and that is only in the database.
stored_order another_order() {
    evidence other;
    add_order(other, 3);
    return other.stored.front();
}

const std::vector<violation> violations{
    {"acknowledged_but_not_stored", "lost", [](evidence& in) { acknowledge(in, 9); }},
    {"stored_with_another_name", "lost", [](evidence& in) { in.stored[0].posted.name = "somebody else"; }},
    {"stored_with_another_address", "lost", [](evidence& in) { in.stored[0].posted.address = "Rua 2"; }},
    {"acknowledged_and_then_unknown", "lost", [](evidence& in) { in.clients.denied.push_back(numbered(1)); }},
    {"a_timer_left", "stuck", [](evidence& in) { in.timers_left = 1; }},
    {"unfinished", "stuck",
     [](evidence& in) {
         in.stored[0].status = "IN_TRANSIT";
         in.stored[0].version = 2;
         in.stored[0].history.pop_back();
         in.wire.orders[numbered(1)][2] = {};
     }},
    {"unfinished_but_moving", "still moving",
     [](evidence& in) {
         in.is_still_moving = true;
         in.stored[0].status = "IN_TRANSIT";
         in.stored[0].version = 2;
         in.stored[0].history.pop_back();
         in.wire.orders[numbered(1)][2] = {};
     }},
    {"an_event_not_heard_yet", "still moving",
     [](evidence& in) {
         in.is_still_moving = true;
         in.wire.orders[numbered(1)][2] = {};
     }},
    {"rows_left_but_moving", "still moving",
     [](evidence& in) {
         in.is_still_moving = true;
         in.outbox_left = 1;
     }},
    {"timers_left_but_moving", "still moving",
     [](evidence& in) {
         in.is_still_moving = true;
         in.timers_left = 1;
     }},
    {"lost_however_it_moves", "lost",
     [](evidence& in) {
         in.is_still_moving = true;
         in.clients.denied.push_back(numbered(1));
     }},
    {"a_gap_in_the_history", "illegal",
     [](evidence& in) {
         in.stored[0].history.erase(in.stored[0].history.begin() + 1);
         in.wire.orders[numbered(1)][1] = {};
     }},
    {"a_wrong_step", "illegal", [](evidence& in) { in.stored[0].history[1].status = "DELIVERED"; }},
    {"a_step_back_in_time", "illegal", [](evidence& in) { in.stored[0].history[2].recorded_at = 50; }},
    {"another_time_of_creation", "illegal", [](evidence& in) { in.stored[0].created_at = 50; }},
    {"an_order_behind_its_history", "illegal", [](evidence& in) { in.stored[0].version = 2; }},
    {"an_order_without_history", "illegal",
     [](evidence& in) {
         in.stored[0].history.clear();
         in.wire.orders.erase(numbered(1));
     }},
    {"a_row_without_order", "illegal", [](evidence& in) { in.orphans.emplace_back("event of no order"); }},
    {"a_version_twice", "repeated",
     [](evidence& in) { in.stored[0].history.push_back(in.stored[0].history.back()); }},
    {"one_event_id_for_two_orders", "repeated",
     [](evidence& in) {
         add_order(in, 3);
         const auto shared = in.stored.front().history[1].id;
         in.stored.back().history[1].id = shared;
         in.wire.orders[in.stored.back().id][1].id = shared;
     }},
    {"one_order_stored_twice", "repeated",
     [](evidence& in) {
         add_order(in, 3);
         in.clients.acknowledged.pop_back();
         in.stored.back().posted.name = "order 1";
     }},
    {"two_answers_for_one_key", "repeated",
     [](evidence& in) { in.clients.answered_twice.emplace_back("order 1"); }},
    {"one_id_for_two_orders", "repeated",
     [](evidence& in) { in.clients.acknowledged.push_back(in.clients.acknowledged.front()); }},
    {"an_event_never_heard", "unpublished", [](evidence& in) { in.wire.orders[numbered(1)][1] = {}; }},
    {"an_outbox_row_left", "unpublished", [](evidence& in) { in.outbox_left = 1; }},
    {"a_version_before_its_predecessor", "out of order",
     [](evidence& in) { in.wire.orders[numbered(1)][2].first_position = 1; }},
    {"heard_of_an_unknown_order", "untrue", [](evidence& in) { hear(in, 9, 1); }},
    {"heard_as_another_event", "untrue",
     [](evidence& in) { in.wire.orders[numbered(1)][1].id = numbered(1, 77); }},
    {"heard_with_another_status", "untrue",
     [](evidence& in) { in.wire.hear(message(numbered(1), numbered(1, 1), 1, "DELIVERED"), false); }},
    {"two_events_of_one_version", "untrue",
     [](evidence& in) { in.wire.hear(message(numbered(1), numbered(1, 9), 1, "RECEIVED"), false); }},
    {"not_an_event_at_all", "untrue", [](evidence& in) { in.wire.hear("hello", false); }},
    {"a_dead_letter", "dead letters", [](evidence& in) { in.dead_letters.emplace_back("ahead"); }},
    {"an_answer_about_another_order", "misread",
     [](evidence& in) { in.clients.misread.emplace_back("another order"); }},
    {"an_internal_error", "strange answers", [](evidence& in) { in.clients.strange.emplace_back("500"); }},
    {"a_crash", "unexpected exits", [](evidence& in) { in.unexpected_exits.emplace_back("api 1"); }},
    {"an_audit_that_fails", "audit", [](evidence& in) { in.audit = "exit 1"; }},
    {"nothing_at_all", "vacuous", [](evidence& in) { in = {}; }},
    {"a_lane_that_struck_nothing", "vacuous",
     [](evidence& in) {
         for (auto& [kind, count] : in.faults.made) count = lane_of(kind) == 2 ? 0 : count;
     }},
    {"too_many_faults_not_carried_out", "vacuous",
     [](evidence& in) {
         add_failed(in, fault_kind::fail_over, 2);
         add_failed(in, fault_kind::kill_broker, 1);
     }},
    {"a_kind_of_fault_never_carried_out", "vacuous",
     [](evidence& in) {
         in.faults.made[fault_kind::fail_over] = 0;
         add_failed(in, fault_kind::fail_over, 2);
     }},
};

INSTANTIATE_TEST_SUITE_P(each, chaos_violation, testing::ValuesIn(violations),
                         [](const auto& each) { return each.param.name; });

TEST(chaos_ledger, names_the_order) {
    auto found = flawless();
    acknowledge(found, 9);
    const auto result = draw_ledger(found);
    EXPECT_THAT(result["lost"].broken, ElementsAre(numbered(9).to_string()));
    EXPECT_THROW((void)result["no such promise"], std::out_of_range);
}

TEST(chaos_ledger, an_order_that_only_the_database_knows_was_not_published) {
    auto found = flawless();
    found.stored.push_back(another_order());
    EXPECT_EQ(draw_ledger(found)["unpublished"].broken.size(), 3U);
}

TEST(chaos_ledger, reads_as_a_table_and_as_json) {
    auto found = flawless();
    found.clients.denied.push_back(numbered(1));
    found.faults.made[fault_kind::kill_role] = 3;
    found.faults.skipped[fault_kind::fill_disk] = "needs root";
    add_failed(found, fault_kind::fail_over, 1);
    const auto result = draw_ledger(found);
    const run_facts run{.seed = 7, .sabotage = {}};
    const auto table = to_table(run, found, result);
    EXPECT_THAT(table, HasSubstr("SKIPPED: needs root"));
    EXPECT_THAT(table, HasSubstr("not carried out: no"));
    EXPECT_THAT(table, HasSubstr("over 1.0 minutes"));
    EXPECT_THAT(table, HasSubstr(numbered(1).to_string()));
    EXPECT_THAT(table, HasSubstr("DOES NOT BALANCE"));
    const auto parsed = boost::json::parse(to_json(run, found, result));
    EXPECT_EQ(parsed.at("seed"), 7);
    EXPECT_EQ(parsed.at("balanced"), false);
    EXPECT_EQ(parsed.at("broken").at("lost").as_array().size(), 1U);
    EXPECT_EQ(parsed.at("faults").at("kill -9 of a role"), 3);
}

TEST(chaos_wire, a_redelivery_is_no_repeat_unless_it_is_news) {
    wire_record record;
    const auto body = message(numbered(1), numbered(1, 1), 1, "RECEIVED");
    EXPECT_TRUE(record.hear(body, true));
    EXPECT_FALSE(record.hear(body, true));
    EXPECT_EQ(record.orders.at(numbered(1)).front().times, 1U);
    EXPECT_FALSE(record.hear(body, false));
    EXPECT_EQ(record.orders.at(numbered(1)).front().times, 2U);
    EXPECT_THAT(record.strange, IsEmpty());
}

}  // namespace
}  // namespace delivery::chaos
