#include "postgres/faults.hpp"

#include <gmock/gmock.h>

namespace delivery::postgres {
namespace {

using ports::store_fault;
using testing::HasSubstr;
using testing::Not;

command_end failed(const std::string& sqlstate, bool lost = false) {
    command_end end;
    end.error = server_error{.sqlstate = sqlstate, .message = "said the server", .constraint = ""};
    end.lost = lost;
    return end;
}

struct mapping {
    const char* sqlstate;
    store_fault of_write;
    store_fault of_read;
};

class faults : public testing::TestWithParam<mapping> {};

TEST_P(faults, are_named_by_what_they_mean_for_the_caller) {
    EXPECT_EQ(fault_of(failed(GetParam().sqlstate), true), GetParam().of_write);
    EXPECT_EQ(fault_of(failed(GetParam().sqlstate), false), GetParam().of_read);
}

constexpr mapping both(const char* sqlstate, store_fault fault) { return {sqlstate, fault, fault}; }

INSTANTIATE_TEST_SUITE_P(
    sqlstates, faults,
    testing::Values(both("22021", store_fault::bad_data), both("23505", store_fault::bad_data),
                    both("23514", store_fault::bad_data), both("54000", store_fault::bad_data),
                    both("40001", store_fault::conflict), both("40P01", store_fault::conflict),
                    both("55P03", store_fault::conflict), both("40003", store_fault::outcome_unknown),
                    both("53100", store_fault::unavailable), both("53300", store_fault::unavailable),
                    both("57014", store_fault::unavailable), both("57P01", store_fault::unavailable),
                    both("57P03", store_fault::unavailable), both("25006", store_fault::unavailable),
                    both("58030", store_fault::unavailable), both("42P01", store_fault::broken),
                    both("3F000", store_fault::broken), both("42501", store_fault::broken),
                    both("XX000", store_fault::broken), both("0A000", store_fault::broken),
                    mapping{"", store_fault::outcome_unknown, store_fault::unavailable},
                    mapping{"08006", store_fault::outcome_unknown, store_fault::unavailable}));

TEST(faults, a_shutdown_after_the_statement_was_done_leaves_a_write_unknown) {
    auto end = failed("57P01", true);
    EXPECT_EQ(fault_of(end, true), store_fault::unavailable);
    end.result = result_ptr(PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK));
    EXPECT_EQ(fault_of(end, true), store_fault::outcome_unknown);
    EXPECT_EQ(fault_of(end, false), store_fault::unavailable);
}

TEST(faults, are_told_without_the_customers_data) {
    auto end = failed("23505");
    end.error->message = "Key (name)=(Ana) exists";
    end.error->constraint = "orders_pkey";
    const std::string told = make_error(end, true, "create").what();
    EXPECT_THAT(told, HasSubstr("create: SQLSTATE 23505 (orders_pkey)"));
    EXPECT_THAT(told, Not(HasSubstr("Ana")));
    EXPECT_THAT(make_error(failed("42P01"), true, "find").what(), HasSubstr("said the server"));
}

TEST(faults, forgotten_statements_are_prepared_again) {
    EXPECT_TRUE(must_prepare_again(*failed("26000").error));
    EXPECT_TRUE(must_prepare_again(*failed("0A000").error));
    EXPECT_FALSE(must_prepare_again(*failed("42P01").error));
}

}  // namespace
}  // namespace delivery::postgres
