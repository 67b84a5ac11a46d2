#include "core/diagnosis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace delivery::core {
namespace {

using namespace std::chrono_literals;
using ports::finding;
using testing::HasSubstr;
using enum ports::finding::grade;

constexpr std::uintmax_t mebibyte = 1024 * 1024;

schema_status schema(std::size_t applied, std::size_t pending, std::optional<std::string> incompatibility) {
    schema_status found;
    found.applied.resize(applied);
    found.pending.resize(pending);
    found.incompatibility = std::move(incompatibility);
    return found;
}

/// Whoever is told of a fault is told what to do; who is not, has nothing to do.
void expect(const finding& judged, finding::grade result) {
    EXPECT_EQ(judged.result, result) << judged.what;
    EXPECT_EQ(judged.remedy.empty(), result == fine) << judged.what;
}

TEST(diagnosis, a_clock_may_be_off_by_a_second_in_either_direction) {
    expect(judge_clock(0s), fine);
    expect(judge_clock(1s), fine);
    expect(judge_clock(-1s), fine);
    expect(judge_clock(1001ms), warning);
    expect(judge_clock(-1001ms), warning);
    EXPECT_EQ(judge_clock(2500ms).what, "2.500 s ahead of the database's");
    EXPECT_EQ(judge_clock(-40ms).what, "0.040 s behind the database's");
}

TEST(diagnosis, a_service_wants_all_the_connections_that_it_may_take) {
    expect(judge_connections(8, 8), fine);
    expect(judge_connections(7, 8), warning);
    expect(judge_connections(-3, 8), warning);
}

TEST(diagnosis, little_room_is_a_warning_and_none_the_end) {
    expect(judge_room(1024 * mebibyte), fine);
    expect(judge_room(1024 * mebibyte - 1), warning);
    expect(judge_room(64 * mebibyte), warning);
    expect(judge_room(64 * mebibyte - 1), failed);
    expect(judge_room(0), failed);
}

TEST(diagnosis, every_client_that_is_admitted_needs_a_file_and_so_do_others) {
    expect(judge_open_files(10'100, 10'000), fine);
    expect(judge_open_files(10'099, 10'000), warning);
}

TEST(diagnosis, a_schema_that_fits_is_fine_whoever_migrates) {
    const auto fits = schema(1, 0, std::nullopt);
    for (const auto who : {migrated_by::person, migrated_by::service}) {
        expect(judge_schema(fits, who), fine);
        EXPECT_EQ(judge_schema(fits, who).what, "1 migrations applied");
    }
}

TEST(diagnosis, a_schema_that_is_behind_is_brought_up_by_the_service_or_by_a_person) {
    const auto behind = schema(1, 1, "needs 2");
    expect(judge_schema(behind, migrated_by::service), fine);
    EXPECT_THAT(judge_schema(behind, migrated_by::service).what, HasSubstr("1 at the next start"));
    const auto judged = judge_schema(behind, migrated_by::person);
    expect(judged, failed);
    EXPECT_EQ(judged.what, "needs 2");
    EXPECT_THAT(judged.remedy, HasSubstr("migrate up"));
}

TEST(diagnosis, a_schema_that_is_newer_wants_a_newer_program) {
    const auto newer = schema(9, 0, "too new");
    for (const auto who : {migrated_by::person, migrated_by::service}) {
        expect(judge_schema(newer, who), failed);
        EXPECT_THAT(judge_schema(newer, who).remedy, HasSubstr("program"));
    }
}

}  // namespace
}  // namespace delivery::core
