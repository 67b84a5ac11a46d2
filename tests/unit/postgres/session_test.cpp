#include "postgres/session.hpp"

#include <gmock/gmock.h>

#include "unit/postgres/scripted_libpq.hpp"

namespace delivery::postgres {
namespace {

using testing::ElementsAre;

constexpr const char* sql = "SELECT 1";

class session_on_script : public testing::Test {
protected:
    ~session_on_script() override {
        session_.finish();
        EXPECT_EQ(libpq_.leaks(), 0);
    }
    void connect() {
        EXPECT_EQ(session_.connect({{"host", "h"}}), io_need::write);
        EXPECT_EQ(session_.continue_connect(), io_need::nothing);
    }
    std::vector<std::string> calls_since(std::size_t from) {
        return {libpq_.calls().begin() + static_cast<std::ptrdiff_t>(from), libpq_.calls().end()};
    }

    scripted_libpq libpq_;
    session session_{libpq_.functions()};
};

TEST_F(session_on_script, connects_by_polling_as_libpq_says) {
    libpq_.answer("connect_poll", {PGRES_POLLING_WRITING, PGRES_POLLING_READING, PGRES_POLLING_OK});
    EXPECT_EQ(session_.connect({{"host", "h"}}), io_need::write);
    EXPECT_EQ(session_.continue_connect(), io_need::write);
    EXPECT_EQ(session_.continue_connect(), io_need::read);
    EXPECT_EQ(session_.continue_connect(), io_need::nothing);
    EXPECT_TRUE(session_.is_idle());
    EXPECT_THAT(libpq_.calls(), ElementsAre("connect_start", "connect_poll", "connect_poll", "connect_poll",
                                            "set_nonblocking"));
}

TEST_F(session_on_script, connecting_fails_at_any_step) {
    libpq_.is_out_of_memory = true;
    EXPECT_THROW(session_.connect({}), session_error);
    libpq_.is_out_of_memory = false;
    libpq_.is_lost = true;
    EXPECT_THROW(session_.connect({}), session_error);
    session_.finish();
    libpq_.is_lost = false;
    libpq_.answer("connect_poll", {PGRES_POLLING_FAILED, PGRES_POLLING_OK}).answer("set_nonblocking", {-1});
    session_.connect({});
    EXPECT_THROW(session_.continue_connect(), session_error);
    EXPECT_THROW(session_.continue_connect(), session_error);
}

TEST_F(session_on_script, sends_all_before_it_reads_and_never_reads_while_busy) {
    connect();
    libpq_.answer("flush", {1, 1, 0})
        .answer("is_busy", {1, 1, 0, 0})
        .results({{.status = PGRES_TUPLES_OK, .fields = {}}});
    const auto before = libpq_.calls().size();
    EXPECT_EQ(session_.execute("name", parameters{}), io_need::read_or_write);
    EXPECT_EQ(session_.continue_command(true), io_need::read_or_write);
    EXPECT_EQ(session_.continue_command(false), io_need::read);
    EXPECT_FALSE(session_.is_idle());
    EXPECT_EQ(session_.continue_command(true), io_need::read);
    EXPECT_EQ(session_.continue_command(true), io_need::nothing);
    EXPECT_THAT(calls_since(before),
                ElementsAre("send", "flush", "consume_input", "flush", "flush", "is_busy", "consume_input",
                            "is_busy", "consume_input", "is_busy", "get_result", "is_busy", "get_result"));
    const auto end = session_.take_end();
    EXPECT_TRUE(end.result);
    EXPECT_FALSE(end.error);
    EXPECT_FALSE(end.lost);
    EXPECT_TRUE(session_.is_idle());
}

TEST_F(session_on_script, an_error_after_a_good_result_is_the_end_that_counts) {
    connect();
    libpq_.results({{.status = PGRES_TUPLES_OK, .fields = {}}, scripted_libpq::error("40001")});
    EXPECT_EQ(session_.run_script(sql), io_need::nothing);
    const auto end = session_.take_end();
    EXPECT_EQ(end.error->sqlstate, "40001");
    EXPECT_FALSE(end.lost);
    EXPECT_TRUE(session_.is_idle());
}

TEST_F(session_on_script, the_first_error_with_a_sqlstate_is_the_cause) {
    connect();
    libpq_.is_lost = true;
    libpq_.results({scripted_libpq::error("57P01", "shutdown"), {.status = PGRES_FATAL_ERROR, .fields = {}}});
    session_.run_script(sql);
    const auto end = session_.take_end();
    EXPECT_EQ(end.error->sqlstate, "57P01");
    EXPECT_EQ(end.error->message, "shutdown");
    EXPECT_TRUE(end.lost);
    EXPECT_FALSE(session_.is_idle());
}

// Wherever the connection breaks, the command ends there, lost, with libpq's words on one line.
TEST(session_losing_its_connection, ends_the_command_at_any_step) {
    struct loss {
        const char* at;
        std::vector<int> answers;
    };
    for (const auto& [at, answers] : {loss{"send", {0}}, loss{"flush", {-1}}, loss{"flush", {1, -1}},
                                      loss{"consume_input", {0}}, loss{"consume_input", {1, 0}}}) {
        scripted_libpq libpq;
        session broken(libpq.functions());
        broken.connect({});
        broken.continue_connect();
        libpq.answer(at, answers).answer("is_busy", {1, 1, 1});
        auto need = broken.prepare("name", sql);
        for (int i = 0; i < 5 && need != io_need::nothing; ++i) {
            need = broken.continue_command(need == io_need::read);
        }
        EXPECT_EQ(need, io_need::nothing) << at;
        const auto end = broken.take_end();
        EXPECT_TRUE(end.lost) << at;
        EXPECT_EQ(end.error->sqlstate, "") << at;
        EXPECT_EQ(end.error->message, "the message of libpq") << at;
    }
}

TEST_F(session_on_script, what_the_server_said_before_the_loss_is_heard) {
    connect();
    libpq_.answer("consume_input", {0}).answer("is_busy", {1}).results({scripted_libpq::error("57P01")});
    EXPECT_EQ(session_.run_script(sql), io_need::read);
    EXPECT_EQ(session_.continue_command(true), io_need::nothing);
    const auto end = session_.take_end();
    EXPECT_EQ(end.error->sqlstate, "57P01");
    EXPECT_TRUE(end.lost);
}

TEST_F(session_on_script, results_without_end_after_a_loss_are_not_waited_for) {
    connect();
    libpq_.answer("consume_input", {0}).answer("is_busy", {1});
    libpq_.results(std::vector<scripted_libpq::result>(1000, {.status = PGRES_FATAL_ERROR, .fields = {}}));
    session_.run_script(sql);
    EXPECT_EQ(session_.continue_command(true), io_need::nothing);
    EXPECT_TRUE(session_.take_end().lost);
    EXPECT_LT(libpq_.calls().size(), 30U);
}

TEST_F(session_on_script, an_unexpected_kind_of_result_is_no_answer) {
    connect();
    libpq_.results({{.status = PGRES_COPY_IN, .fields = {}}});
    EXPECT_THROW(session_.run_script(sql), session_error);
}

TEST_F(session_on_script, an_open_transaction_is_not_idle) {
    connect();
    libpq_.is_in_transaction = true;
    EXPECT_FALSE(session_.is_idle());
}

}  // namespace
}  // namespace delivery::postgres
