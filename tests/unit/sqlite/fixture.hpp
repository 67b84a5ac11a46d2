#pragma once

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "ports/store_error.hpp"
#include "sqlite/database.hpp"
#include "sqlite/migrator.hpp"
#include "support/fake_clock.hpp"
#include "support/fakes.hpp"
#include "support/run_coroutine.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {

/// A file of one test's own, with the newest schema, and a store on it.
class sqlite_database_test : public testing::Test {
protected:
    explicit sqlite_database_test(sqlite::options how = {}) : how_(std::move(how)) {
        how_.path = folder_ / "delivery.db";
        sqlite::migrator(how_.path).up(std::nullopt);
        open();
    }
    ~sqlite_database_test() override { close(); }

    void open() {
        database_ = sqlite::open_database(how_, log_, clock_);
        store_ = sqlite::make_store(context_.get_executor(), database_);
    }
    void close() {
        if (store_) run(store_->close());
        store_.reset();
        database_.reset();
    }

    template <typename T>
    T run(awaitable<T> call) {
        return run_coroutine(context_, std::move(call));
    }

    ports::new_order make_order(const std::string& name = "Ana Souza") {
        const auto now = clock_.now();
        return {.id = ids_.next(now),
                .event_id = ids_.next(now),
                .customer_name = name,
                .address = "Rua das Flores, 123",
                .traceparent = {},
                .idempotency = std::nullopt};
    }

    std::unique_ptr<sql_database> shell() { return open_sqlite(how_.path); }
    std::int64_t count(const std::string& table) { return shell()->number("SELECT count(*) FROM " + table); }

    temp_folder folder_;
    sqlite::options how_;
    recording_logger log_;
    fake_clock clock_;
    domain::uuid_generator ids_{1};
    boost::asio::io_context context_{1};
    std::shared_ptr<sqlite::database> database_;
    std::unique_ptr<ports::store> store_;
};

/// Why a call fails; nothing where it does not.
template <typename Call>
std::optional<ports::store_fault> fault_of(const Call& call) {
    try {
        call();
    } catch (const ports::store_error& error) {
        return error.fault();
    }
    return std::nullopt;
}

}  // namespace delivery::tests
