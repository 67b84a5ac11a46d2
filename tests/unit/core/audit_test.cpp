#include "core/audit.hpp"

#include "unit/core/core_test.hpp"

namespace delivery::tests {
namespace {

using domain::status;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

const domain::timestamp noon = std::chrono::sys_days(std::chrono::year(2025) / 1 / 2) + 12h;
const auto some_id = domain::uuid::parse("0193e0a0-0000-7000-8000-000000000001").value();

domain::order_event event(std::int32_t version, status what, domain::timestamp when) {
    return {.id = {}, .order_id = some_id, .version = version, .status = what, .recorded_at = when};
}

/// An order on its way, with its outbox row; nothing is wrong with it.
ports::audited_order sound_order() {
    return {.id = some_id,
            .order = domain::order{.id = some_id,
                                   .customer_name = "Ana",
                                   .address = "Rua",
                                   .status = status::in_transit,
                                   .version = 2,
                                   .created_at = noon,
                                   .updated_at = noon + 1s},
            .events = {event(1, status::received, noon), event(2, status::in_transit, noon + 1s)},
            .outbox = {{.version = 2, .overdue = 1s}},
            .timers = {},
            .unreadable = {}};
}

TEST(judge, finds_nothing_wrong_with_a_sound_order) {
    const auto verdict = core::judge(sound_order());
    EXPECT_THAT(verdict.violations, IsEmpty());
    EXPECT_FALSE(verdict.waits_for_nothing);
}

struct judge_case {
    const char* name;
    std::function<void(ports::audited_order&)> change;
    std::vector<std::string> violations;
};

class judged : public testing::TestWithParam<judge_case> {};

TEST_P(judged, as_it_should_be) {
    auto order = sound_order();
    GetParam().change(order);
    std::vector<std::string> found;
    for (const auto& violation : core::judge(order).violations) {
        EXPECT_EQ(violation.order_id, some_id);
        found.push_back(violation.what);
    }
    EXPECT_EQ(found, GetParam().violations);
}

INSTANTIATE_TEST_SUITE_P(
    audit, judged,
    testing::Values(
        judge_case{"no_history", [](auto& o) { o.events.clear(); }, {"history is empty"}},
        judge_case{"a_gap",
                   [](auto& o) {
                       o.events[1].version = 3;
                       o.order->version = 3;
                   },
                   {"version 1 is followed by version 3"}},
        judge_case{
            "not_from_the_beginning",
            [](auto& o) { o.events.erase(o.events.begin()); },
            {"history begins at version 2, not 1", "history begins as IN_TRANSIT, not RECEIVED",
             "created_at is 2025-01-02T12:00:00.000000Z, its history says 2025-01-02T12:00:01.000000Z"}},
        judge_case{"an_illegal_step",
                   [](auto& o) {
                       o.events[1].status = status::delivered;
                       o.order->status = status::delivered;
                   },
                   {"illegal step RECEIVED to DELIVERED at version 2"}},
        judge_case{"time_backwards",
                   [](auto& o) {
                       o.events[1].recorded_at = noon - 1s;
                       o.order->updated_at = noon - 1s;
                   },
                   {"time goes backwards at version 2"}},
        judge_case{"another_status",
                   [](auto& o) { o.order->status = status::received; },
                   {"status is RECEIVED, its history says IN_TRANSIT"}},
        judge_case{
            "another_version", [](auto& o) { o.order->version = 3; }, {"version is 3, its history says 2"}},
        judge_case{
            "other_times",
            [](auto& o) {
                o.order->created_at = noon + 1us;
                o.order->updated_at = noon;
            },
            {"created_at is 2025-01-02T12:00:00.000001Z, its history says 2025-01-02T12:00:00.000000Z",
             "updated_at is 2025-01-02T12:00:00.000000Z, its history says 2025-01-02T12:00:01.000000Z"}},
        judge_case{
            "an_old_row_that_waits", [](auto& o) { o.outbox = {{.version = 1, .overdue = 5min}}; }, {}},
        judge_case{"an_overdue_row",
                   [](auto& o) { o.outbox = {{.version = 2, .overdue = 5min + 1us}}; },
                   {"outbox row for version 2 is overdue"}},
        judge_case{"a_row_from_the_future",
                   [](auto& o) { o.outbox = {{.version = 3, .overdue = 1s}}; },
                   {"outbox row for version 3, not reached"}},
        judge_case{"a_timer_that_waits", [](auto& o) { o.timers = {{.version = 2, .overdue = -1h}}; }, {}},
        judge_case{"an_overdue_timer",
                   [](auto& o) { o.timers = {{.version = 2, .overdue = 6min}}; },
                   {"timer for version 2 is overdue"}},
        judge_case{"a_timer_from_the_future",
                   [](auto& o) { o.timers = {{.version = 3, .overdue = 0s}}; },
                   {"timer for version 3, not reached"}},
        judge_case{"rows_of_no_order",
                   [](auto& o) {
                       o.order.reset();
                       o.timers = {{.version = 2, .overdue = 0s}};
                   },
                   {"events without an order", "outbox row without an order", "timer without an order"}},
        judge_case{
            "what_cannot_be_read", [](auto& o) { o.unreadable = {"status is LOST"}; }, {"status is LOST"}}),
    [](const auto& tested) { return tested.param.name; });

TEST(judge, an_unfinished_order_without_row_and_timer_waits_for_nothing) {
    auto order = sound_order();
    order.outbox.clear();
    EXPECT_TRUE(core::judge(order).waits_for_nothing);
    EXPECT_THAT(core::judge(order).violations, IsEmpty());
    order.timers = {{.version = 2, .overdue = 0s}};
    EXPECT_FALSE(core::judge(order).waits_for_nothing);
    order.timers.clear();
    order.events.push_back(event(3, status::delivered, noon + 2s));
    order.order->status = status::delivered;
    order.order->version = 3;
    order.order->updated_at = noon + 2s;
    EXPECT_FALSE(core::judge(order).waits_for_nothing) << "it is finished";
}

class audit_test : public core_test {
protected:
    auto start_audit(core::audit_options options = {}) {
        return start(core::run_audit(
            *store, clock, context.get_executor(), std::move(options),
            [this](const core::violation& found) { violations.push_back(found); },
            [this](std::int64_t orders) { progress.push_back(orders); }));
    }

    std::vector<core::violation> violations;
    std::vector<std::int64_t> progress;
};

TEST_F(audit_test, reads_all_page_by_page) {
    for (int i = 0; i < 25; ++i) create_order();
    const auto summary = start_audit({.page = 10});
    poll();
    const auto sum = summary->get();
    EXPECT_EQ(sum.orders, 25);
    EXPECT_EQ(sum.events, 25);
    EXPECT_EQ(sum.violations, 0);
    EXPECT_THAT(progress, ElementsAre(10, 20, 25));
}

TEST_F(audit_test, tells_violations_as_it_finds_them) {
    create_order();
    const auto broken = create_order().id;
    const auto orphaned = create_order().id;
    database.orders.at(broken).order.version = 2;
    database.orders.erase(orphaned);
    const auto sum = run(core::run_audit(
        *store, clock, context.get_executor(), {}, [this](const auto& found) { violations.push_back(found); },
        [](std::int64_t) {}));
    EXPECT_EQ(sum.orders, 2);
    EXPECT_EQ(sum.violations, 3);
    ASSERT_EQ(violations.size(), 3U);
    EXPECT_EQ(violations[0].order_id, broken);
    EXPECT_EQ(violations[1].order_id, orphaned);
}

TEST_F(audit_test, an_order_that_waits_for_nothing_is_watched_and_cleared_when_it_moves_on) {
    const auto moving = create_order().id;
    const auto timed = create_order().id;
    const auto deleted = create_order().id;
    const auto stuck = create_order().id;
    database.outbox.clear();
    const auto summary = start_audit({.settle_time = 5s});
    run_for(1s);
    EXPECT_FALSE(summary->is_done());
    EXPECT_THAT(violations, IsEmpty());
    auto& order = database.orders.at(moving).order;
    order.status = status::in_transit;
    order.version = 2;
    order.updated_at = time.wall();
    database.events[moving][2] = {.event = {.id = {},
                                            .order_id = moving,
                                            .version = 2,
                                            .status = status::in_transit,
                                            .recorded_at = order.updated_at},
                                  .traceparent = {}};
    database.timers[timed] = {.version = 1, .due_at = time.wall() + 1h, .traceparent = {}};
    database.orders.erase(deleted);
    database.events.erase(deleted);
    run_for(5s);
    EXPECT_EQ(summary->get().violations, 1);
    ASSERT_EQ(violations.size(), 1U);
    EXPECT_EQ(violations[0].order_id, stuck);
    EXPECT_THAT(violations[0].what, HasSubstr("neither outbox row nor timer"));
}

TEST_F(audit_test, ends_at_once_when_all_suspects_are_cleared) {
    const auto id = create_order().id;
    database.outbox.clear();
    const auto summary = start_audit({.settle_time = 10s});
    run_for(100ms);
    database.timers[id] = {.version = 1, .due_at = time.wall() + 1h, .traceparent = {}};
    run_for(1s);
    EXPECT_EQ(summary->get().violations, 0);
}

TEST_F(audit_test, beyond_its_bound_suspects_are_told_at_once) {
    for (int i = 0; i < 5; ++i) create_order();
    database.outbox.clear();
    const auto summary = start_audit({.settle_time = 5s, .watched_max = 2});
    poll();
    EXPECT_EQ(violations.size(), 3U);
    run_for(6s);
    EXPECT_EQ(summary->get().violations, 5);
}

TEST_F(audit_test, even_the_least_of_all_ids_can_be_watched) {
    auto order = make_order();
    order.id = domain::uuid();
    database.create({&order, 1}, database.reserve_sequences(1));
    database.outbox.clear();
    const auto summary = start_audit({.settle_time = 1s});
    run_for(2s);
    EXPECT_EQ(summary->get().violations, 1);
    EXPECT_EQ(violations.at(0).order_id, order.id);
}

}  // namespace
}  // namespace delivery::tests
