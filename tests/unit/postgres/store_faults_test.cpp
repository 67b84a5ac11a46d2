#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <csignal>

#include "ports/store_error.hpp"
#include "postgres/migrator.hpp"
#include "postgres/store_factory.hpp"
#include "support/eventually.hpp"
#include "support/fakes.hpp"
#include "support/run_coroutine.hpp"
#include "support/servers.hpp"
#include "support/sql.hpp"

namespace delivery::postgres {
namespace {

using ports::store_fault;
using std::chrono::milliseconds;
using testing::HasSubstr;

class store_on_a_server : public testing::Test {
protected:
    explicit store_on_a_server(tests::postgres_server& server = tests::shared_postgres())
        : url_(server.fresh_database()) {
        migrator(url_).up(std::nullopt);
        open({.url = url_});
    }
    ~store_on_a_server() override { run(store_->close()); }

    void open(const options& how) { store_ = make_store(context_.get_executor(), how, logger_); }
    template <typename T>
    T run(awaitable<T> call) {
        return tests::run_coroutine(context_, std::move(call));
    }
    ports::new_order make_order(const std::string& name = "Ana", std::optional<std::string> key = {}) {
        ports::new_order order{.id = ids_.next({}),
                               .event_id = ids_.next({}),
                               .customer_name = name,
                               .address = "Rua A",
                               .traceparent = "",
                               .idempotency = std::nullopt};
        if (key) order.idempotency = {.key = *std::move(key), .fingerprint = {}};
        return order;
    }
    std::vector<ports::create_result> create(const std::string& name = "Ana") {
        const auto order = make_order(name);
        return run(store_->create({&order, 1}));
    }
    void find_nothing() {
        const domain::uuid id;
        run(store_->find({&id, 1}));
    }
    /// Ends all connections of the store, as an administrator does.
    /// Comes back when the store's connections have ended, not just been told to.
    void disconnect() {
        tests::open_postgres(url_)->query(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE application_name = 'delivery' AND datname = current_database()");
    }
    /// How many the store has open.
    std::int64_t connections() {
        return tests::open_postgres(url_)->number(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE application_name = 'delivery' AND datname = current_database()");
    }
    template <typename Call>
    static store_fault fault_of(Call call) {
        try {
            call();
        } catch (const ports::store_error& error) {
            return error.fault();
        }
        throw std::runtime_error("the call did not fail");
    }

    boost::asio::io_context context_{1};
    tests::null_logger logger_;
    domain::uuid_generator ids_;
    std::string url_;
    std::unique_ptr<ports::store> store_;
};

TEST_F(store_on_a_server, bad_data_fails_and_the_connection_goes_on) {
    EXPECT_EQ(fault_of([&] { create(std::string("nul\0", 4)); }), store_fault::bad_data);
    EXPECT_EQ(fault_of([&] { create("\xff"); }), store_fault::bad_data);
    EXPECT_EQ(create().size(), 1U);
    EXPECT_EQ(connections(), 1);
}

TEST_F(store_on_a_server, an_idle_connection_that_was_ended_is_replaced_unnoticed) {
    create();
    disconnect();
    EXPECT_EQ(create().size(), 1U);
}

TEST_F(store_on_a_server, statements_are_prepared_again_when_the_server_forgot_or_the_schema_changed) {
    create();
    find_nothing();
    const auto sql = tests::open_postgres(url_);
    sql->query("ALTER TABLE orders ALTER COLUMN customer_name TYPE varchar(300)");
    find_nothing();
    EXPECT_EQ(create().size(), 1U);
    sql->query("ALTER TABLE orders ADD COLUMN later int");
    EXPECT_EQ(create().size(), 1U);
}

TEST_F(store_on_a_server, a_statement_is_prepared_again_once_whatever_language_the_server_speaks) {
    create();
    const auto sql = tests::open_postgres(url_);
    sql->query(R"(
        CREATE SEQUENCE refusals;
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('refusals') < 2 THEN
                RAISE 'zwischengespeicherter Plan' USING ERRCODE = 'feature_not_supported';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON outbox FOR STATEMENT EXECUTE FUNCTION refuse())");
    EXPECT_EQ(create().size(), 1U);
    sql->query("ALTER SEQUENCE refusals INCREMENT -1 MINVALUE -9 RESTART -1");
    EXPECT_EQ(fault_of([&] { create(); }), store_fault::broken);
    EXPECT_TRUE(tests::eventually(std::chrono::seconds(10), [&] { return connections() == 0; }))
        << "what was prepared in vain would stay with the server";
    sql->query("DROP TRIGGER refuse ON outbox");
    EXPECT_EQ(create().size(), 1U);
}

TEST_F(store_on_a_server, a_lock_that_is_held_too_long_is_a_conflict) {
    const auto order = create().at(0).order;
    open({.url = url_, .deadline = milliseconds(400)});
    const auto holder = tests::open_postgres(url_);
    holder->query("BEGIN; SELECT FROM orders FOR UPDATE");
    const ports::step_request step{
        .order_id = order.id, .to = domain::status::in_transit, .event_id = ids_.next({})};
    EXPECT_EQ(fault_of([&] { run(store_->take_steps({&step, 1})); }), store_fault::conflict);
    holder->query("ROLLBACK");
    EXPECT_EQ(run(store_->take_steps({&step, 1})).at(0), ports::step_outcome::advanced);
}

TEST_F(store_on_a_server, whether_orders_beside_a_repeated_key_are_stored_is_unknown_once_they_may_be) {
    const std::vector earlier{make_order("Ana", "used")};
    run(store_->create(earlier));
    // Whoever inserts an order is afterwards a user for whom reading one fails.
    tests::open_postgres(url_)->query(R"(
        CREATE FUNCTION fail() RETURNS boolean LANGUAGE plpgsql AS
            $$ BEGIN RAISE 'no space left' USING ERRCODE = 'disk_full'; END $$;
        CREATE POLICY failing ON orders USING (fail());
        ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
        CREATE FUNCTION step_down() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM set_config('role', 'pg_read_all_data', false); RETURN NULL; END $$;
        CREATE TRIGGER step_down AFTER INSERT ON orders EXECUTE FUNCTION step_down())");

    const std::vector repeated{make_order("Ana", "used")};
    EXPECT_EQ(fault_of([&] { run(store_->create(repeated)); }), store_fault::unavailable);

    open({.url = url_});
    const std::vector mixed{make_order("Bia"), make_order("Ana", "used")};
    EXPECT_EQ(fault_of([&] { run(store_->create(mixed)); }), store_fault::outcome_unknown);
    EXPECT_EQ(tests::open_postgres(url_)->number("SELECT count(*) FROM orders WHERE customer_name = 'Bia'"),
              1);
}

TEST_F(store_on_a_server, a_missing_schema_is_told_and_a_call_is_broken) {
    migrator(url_).down(0);
    EXPECT_THAT(run(store_->find_fault()).value(), HasSubstr("run delivery migrate up"));
    EXPECT_EQ(fault_of([&] { create(); }), store_fault::broken);
    tests::open_postgres(url_)->query("DROP TABLE schema_migrations");
    EXPECT_EQ(run(store_->find_fault()).value(), "the schema is not there: run delivery migrate up");
    migrator(url_).up(std::nullopt);
    EXPECT_EQ(run(store_->find_fault()), std::nullopt);
    EXPECT_EQ(create().size(), 1U);
}

TEST_F(store_on_a_server, a_read_only_server_is_not_used) {
    tests::open_postgres(url_)->query(
        "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || "
        "' SET default_transaction_read_only = on'; END $$");
    disconnect();
    EXPECT_EQ(fault_of([&] { create(); }), store_fault::unavailable);
}

TEST_F(store_on_a_server, hosts_are_tried_in_turn_and_names_are_resolved) {
    const auto at = url_.find('@') + 1;
    const auto slash = url_.find('/', at);
    const auto port = url_.substr(url_.find(':', at) + 1, slash - url_.find(':', at) - 1);
    open({.url = url_.substr(0, at) + "127.0.0.1:1,localhost:" + port + url_.substr(slash)});
    EXPECT_EQ(run(store_->find_fault()), std::nullopt);
    open({.url = url_.substr(0, at) + "no-such-host.invalid" + url_.substr(slash)});
    EXPECT_EQ(fault_of([&] { create(); }), store_fault::unavailable);
}

TEST(store_without_a_server, is_unavailable_at_once) {
    boost::asio::io_context context{1};
    tests::null_logger logger;
    const auto store = make_store(context.get_executor(), {.url = "postgresql://127.0.0.1:1/none"}, logger);
    const auto fault = tests::run_coroutine(context, store->find_fault());
    EXPECT_THAT(fault.value(), HasSubstr("cannot connect to PostgreSQL"));
    tests::run_coroutine(context, store->close());
}

/// Its server is its own, to be killed and frozen.
class store_on_its_own_server : public store_on_a_server {
protected:
    store_on_its_own_server() : store_on_a_server(tests::own_postgres()) {}
};

TEST_F(store_on_its_own_server, a_killed_server_is_unavailable_until_it_is_back) {
    const auto before = create().at(0).order;
    tests::own_postgres().kill();
    EXPECT_EQ(fault_of([&] { create(); }), store_fault::unavailable);
    EXPECT_TRUE(run(store_->find_fault()));
    tests::own_postgres().start();
    EXPECT_EQ(run(store_->find_fault()), std::nullopt);
    EXPECT_EQ(create().size(), 1U);
    EXPECT_EQ(run(store_->find({&before.id, 1})).at(0), before);
}

TEST_F(store_on_its_own_server, a_frozen_server_is_told_within_a_second_and_a_write_is_left_unknown) {
    open({.url = url_, .deadline = milliseconds(500)});
    create();
    const auto backend = static_cast<pid_t>(
        tests::open_postgres(url_)->number("SELECT pid FROM pg_stat_activity WHERE application_name = "
                                           "'delivery' ORDER BY backend_start DESC LIMIT 1"));
    const auto postmaster = tests::own_postgres().pid();
    ASSERT_EQ(::kill(postmaster, SIGSTOP), 0);
    ASSERT_EQ(::kill(backend, SIGSTOP), 0);
    const auto started = std::chrono::steady_clock::now();
    const auto write = fault_of([&] { create(); });
    const auto fault = run(store_->find_fault());
    const auto took = std::chrono::steady_clock::now() - started;
    ::kill(backend, SIGCONT);
    ::kill(postmaster, SIGCONT);
    EXPECT_EQ(write, store_fault::outcome_unknown);
    EXPECT_TRUE(fault);
    EXPECT_LT(took, milliseconds(1700));
    EXPECT_EQ(create().size(), 1U);
}

}  // namespace
}  // namespace delivery::postgres
