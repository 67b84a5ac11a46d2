#include "chaos/witness.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "chaos/succession_log.hpp"

namespace delivery::chaos {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto id = "019a4711-8c3e-7d52-b1f0-5a9c04e6d3b7";
constexpr auto other_id = "019a4711-8c3e-7d52-b1f0-5a9c04e6d3b8";

posted_order posted() { return {.name = "João", .address = "Rua do Caos, 1"}; }

std::string time(std::size_t version) { return fmt::format("2026-01-01T00:00:0{}.000000Z", version); }

acknowledged_order promised() {
    return {.id = uuid::parse(id).value(), .posted = posted(), .created_at = time(1)};
}

std::string order(std::string_view status) {
    return fmt::format(
        R"({{"id":"{}","customer_name":"João","address":"Rua do Caos, 1","status":"{}","created_at":"{}"}})",
        id, status, time(1));
}

std::string event(std::size_t version) {
    return fmt::format(R"({{"id":"event {0}","order_id":"{1}","status":"{2}","timestamp":"{3}"}})", version,
                       id, life_cycle.at(version - 1), time(version));
}

std::string history(std::size_t versions) {
    std::string events;
    for (std::size_t version = 1; version <= versions; ++version)
        events += (version > 1 ? "," : "") + event(version);
    return "[" + events + "]";
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    return text.replace(text.find(what), what.size(), with);
}

TEST(chaos_witness, believes_what_agrees) {
    witness client;
    const auto made = client.read_created(posted(), order("RECEIVED"));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->id.to_string(), id);
    EXPECT_EQ(made->posted, posted());
    EXPECT_EQ(made->created_at, time(1));
    client.read_order(*made, order("RECEIVED"), false);
    client.read_history(*made, history(1), false);
    client.read_history(*made, history(2), false);
    client.read_order(*made, order("IN_TRANSIT"), false);
    client.read_order(*made, order("DELIVERED"), false);
    client.read_history(*made, history(3), false);
    client.read_history(*made, history(3), false);
    EXPECT_THAT(client.misread(), IsEmpty());
}

TEST(chaos_witness, takes_no_order_from_a_201_about_another) {
    for (const auto& body :
         {replaced(order("RECEIVED"), "João", "Maria"), replaced(order("RECEIVED"), "Caos, 1", "Caos, 2"),
          replaced(order("RECEIVED"), id, "1"), order("IN_TRANSIT"), std::string("created")}) {
        witness client;
        EXPECT_FALSE(client.read_created(posted(), body));
        EXPECT_THAT(client.misread(), ElementsAre(HasSubstr(body)));
    }
}

TEST(chaos_witness, knows_the_order_that_it_asked_for) {
    for (const auto& body :
         {replaced(order("RECEIVED"), id, other_id), replaced(order("RECEIVED"), "João", "Maria"),
          replaced(order("RECEIVED"), "Caos, 1", "Caos, 2"), replaced(order("RECEIVED"), time(1), time(2)),
          order("LOST"), std::string("[]"), std::string("{}"), std::string()}) {
        witness client;
        client.read_order(promised(), body, false);
        EXPECT_THAT(client.misread(), ElementsAre(HasSubstr(id))) << body;
    }
}

TEST(chaos_witness, knows_a_legal_history) {
    for (const auto& body :
         {std::string("[]"), std::string("{}"), replaced(history(2), id, other_id),
          replaced(history(1), time(1), time(2)), replaced(history(3), time(3), time(1)),
          "[" + event(2) + "]", "[" + event(1) + "," + event(3) + "]", "[" + event(1) + "," + event(1) + "]",
          replaced(history(3), "]", "," + event(3) + "]")}) {
        witness client;
        client.read_history(promised(), body, false);
        EXPECT_THAT(client.misread(), ElementsAre(HasSubstr(id))) << body;
    }
}

struct contradiction {
    std::string name;
    std::function<void(witness&, bool may_be_undone)> first;
    std::function<void(witness&)> second;
};

void PrintTo(const contradiction& each, std::ostream* out) { *out << each.name; }

class chaos_contradiction : public testing::TestWithParam<contradiction> {};

TEST_P(chaos_contradiction, of_an_earlier_answer_is_noticed) {
    witness client;
    GetParam().first(client, false);
    EXPECT_THAT(client.misread(), IsEmpty());
    GetParam().second(client);
    EXPECT_THAT(client.misread(), ElementsAre(HasSubstr(id)));
}

TEST_P(chaos_contradiction, of_what_may_be_undone_is_none) {
    witness client;
    GetParam().first(client, true);
    GetParam().second(client);
    EXPECT_THAT(client.misread(), IsEmpty());
}

const auto read_delivered = [](witness& client, bool may_be_undone) {
    client.read_order(promised(), order("DELIVERED"), may_be_undone);
};
const auto read_two_events = [](witness& client, bool may_be_undone) {
    client.read_history(promised(), history(2), may_be_undone);
};

INSTANTIATE_TEST_SUITE_P(
    each, chaos_contradiction,
    testing::Values(
        contradiction{"a_status_that_goes_back", read_delivered,
                      [](witness& client) { client.read_order(promised(), order("IN_TRANSIT"), false); }},
        contradiction{"a_history_behind_the_status", read_delivered,
                      [](witness& client) { client.read_history(promised(), history(2), false); }},
        contradiction{"a_status_behind_the_history", read_two_events,
                      [](witness& client) { client.read_order(promised(), order("RECEIVED"), false); }},
        contradiction{"a_history_that_shrinks", read_two_events,
                      [](witness& client) { client.read_history(promised(), history(1), false); }},
        contradiction{"another_event_in_its_place", read_two_events,
                      [](witness& client) {
                          client.read_history(promised(), replaced(history(3), "event 2", "event 9"), false);
                      }},
        contradiction{"another_time_in_its_place", read_two_events,
                      [](witness& client) {
                          client.read_history(promised(), replaced(history(2), time(2), time(3)), false);
                      }},
        contradiction{"even_what_may_be_undone", read_delivered,
                      [](witness& client) { client.read_order(promised(), order("IN_TRANSIT"), true); }}),
    [](const auto& each) { return each.param.name; });

TEST(chaos_successions, are_met_by_requests_that_overlap_them) {
    succession_log log;
    const auto before = log.ended();
    EXPECT_FALSE(log.has_begun_after(before));
    log.begin();
    const auto meanwhile = log.ended();
    EXPECT_TRUE(log.has_begun_after(before));
    EXPECT_TRUE(log.has_begun_after(meanwhile));
    log.end();
    EXPECT_TRUE(log.has_begun_after(before));
    EXPECT_TRUE(log.has_begun_after(meanwhile));
    EXPECT_FALSE(log.has_begun_after(log.ended()));
}

}  // namespace
}  // namespace delivery::chaos
