#include "postgres/store_factory.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include "ports/store_error.hpp"
#include "postgres/postgres_store.hpp"
#include "postgres/schema.hpp"

namespace delivery::postgres {
namespace {

constexpr statement read_schema{.name = "ping", .sql = read_history, .writes = false};

core::applied_migration read_applied(const rows& found, int row) {
    return {.version = found.int32(row, 0),
            .name = found.text(row, 1),
            .checksum = found.text(row, 2),
            .oldest_binary = found.int32(row, 3),
            .finished = found.boolean(row, 4)};
}

}  // namespace

postgres_store::postgres_store(executor where, const options& how, ports::logger& logger)
    : deadline_(how.deadline), pool_(std::make_shared<connection_pool>(std::move(where), how, logger)) {}

awaitable<rows> postgres_store::run(const statement& what, const parameters& values) {
    const auto until = std::chrono::steady_clock::now() + deadline_;
    // Held here, since the store itself may be gone before a call under way has come to its end.
    const auto pool = pool_;
    auto connection = co_await pool->acquire(until);
    co_return co_await connection->execute(what, values, until);
}

awaitable<rows> postgres_store::run_first(const statement& what, const parameters& values,
                                          std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    const auto pool = pool_;
    auto connection = co_await pool->acquire(until, urgency::high);
    co_return co_await connection->execute(what, values, until);
}

awaitable<rows> postgres_store::run_script(std::string_view operation, const std::string& sql) {
    const auto until = std::chrono::steady_clock::now() + deadline_;
    const auto pool = pool_;
    const statement script{.name = operation, .sql = sql.c_str()};
    auto connection = co_await pool->acquire(until, urgency::high);
    co_return co_await connection->run_script(script, until);
}

awaitable<std::optional<std::string>> postgres_store::find_fault() {
    try {
        const parameters none;
        const auto found = co_await run_first(read_schema, none, fault_deadline);
        std::vector<core::applied_migration> applied;
        for (int row = 0; row < found.size(); ++row) applied.push_back(read_applied(found, row));
        co_return core::find_incompatibility(embedded_migrations(), applied);
    } catch (const ports::store_error& error) {
        const std::string_view what = error.what();
        if (what.contains("42P01")) co_return "the schema is not there: run delivery migrate up";
        co_return std::string(what);
    } catch (const std::exception& error) {
        co_return fmt::format("the store cannot be asked: {}", error.what());
    }
}

awaitable<void> postgres_store::close() {
    const auto pool = pool_;
    co_await pool->close();
}

std::unique_ptr<ports::store> make_store(executor where, const options& how, ports::logger& logger) {
    return std::make_unique<postgres_store>(std::move(where), how, logger);
}

}  // namespace delivery::postgres
