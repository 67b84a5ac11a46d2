#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "ports/store.hpp"
#include "ports/store_error.hpp"
#include "support/run_coroutine.hpp"

namespace delivery::tests {

/// A new, empty database with the newest schema; gone with this object.
class store_database {
public:
    virtual ~store_database() = default;

    /// A store on this database that lives on `where`. Several may be open at once, as several processes
    /// would.
    virtual std::unique_ptr<ports::store> open(executor where) = 0;

    /// Changes rows behind the store's back.
    virtual void execute(const std::string& sql) = 0;

    /// How this database writes an id or a moment in SQL.
    [[nodiscard]] virtual std::string literal(const domain::uuid& id) const = 0;
    [[nodiscard]] virtual std::string literal(domain::timestamp time) const = 0;

    /// Whether other processes may have stores on it at the same time.
    [[nodiscard]] virtual bool is_shared() const { return true; }
};

/// What the suite runs against: INSTANTIATE_TEST_SUITE_P(postgres, store_contract, testing::Values(adapter)).
struct store_adapter {
    std::string name;
    std::function<std::unique_ptr<store_database>()> make_database;

    friend void PrintTo(const store_adapter& adapter, std::ostream* out) { *out << adapter.name; }
};

/// The promises of `ports::store`, which every adapter has to keep.
class store_contract : public testing::TestWithParam<store_adapter> {
protected:
    store_contract();
    ~store_contract() override;

    ports::store& store() { return *store_; }
    store_database& database() { return *database_; }
    std::unique_ptr<ports::store> open_another() { return database_->open(context_.get_executor()); }

    /// Runs one call to its end, on this thread.
    template <typename T>
    T run(awaitable<T> call) {
        return run_coroutine(context_, std::move(call));
    }
    /// Begins a call that overlaps with others until `finish`.
    template <typename T>
    std::future<T> start(awaitable<T> call) {
        return boost::asio::co_spawn(context_, std::move(call), boost::asio::use_future);
    }
    template <typename T>
    T finish(std::future<T>& result) {
        return finish_coroutine(context_, result);
    }
    /// Asks again and again until the answer is yes; no after ten seconds.
    static bool eventually(const std::function<bool()>& condition);

    domain::uuid new_id();
    ports::new_order make_order(const std::string& customer_name = "Ana Souza");
    /// Creates orders, each in a call of its own.
    std::vector<domain::order> create_orders(std::size_t count);
    domain::order create(const ports::new_order& order);
    std::optional<domain::order> find(const domain::uuid& id);
    std::vector<domain::order_event> history(const domain::uuid& id);

    ports::step_request make_step(const domain::order& order, std::chrono::milliseconds delay = {});
    ports::step_outcome take(const ports::step_request& step);
    /// Takes the order's next step at once and answers the order as it is then.
    domain::order advance(const domain::order& order);
    ports::due_result take_due(std::size_t limit = 100, const std::vector<domain::uuid>& left_out = {});

    /// Everything that waits in the outbox.
    std::vector<ports::outbox_row> pending(std::size_t limit = 1000);
    void settle(const std::vector<ports::outbox_row>& rows);
    static std::vector<ports::shard_position> all_shards();

    ports::relay_identity make_relay(const std::string& bus = "amqp://one/");
    ports::lease_view renew(const ports::relay_identity& relay,
                            std::chrono::milliseconds time_to_live = std::chrono::seconds(10));
    /// Renews, and gives back what is beyond the fair share, as a relay does; answers how many it holds then.
    std::size_t renew_fairly(const ports::relay_identity& relay);

    /// Stores so many orders that were delivered in 2025, all created in the same moment.
    std::vector<ports::imported_order> import_old(std::size_t count);
    /// Purges to the end; answers how many orders it was in all.
    std::size_t purge(ports::purge_request request);

    /// Makes an order look as if it was last moved on, and last announced again, so long ago.
    void set_quiet(const domain::uuid& id, std::chrono::minutes since_moved,
                   std::chrono::minutes since_announced);

    /// Reads everything, in pages of about `limit`.
    std::vector<ports::audited_order> audit(std::size_t limit = 1000);

private:
    boost::asio::io_context context_{1};
    domain::uuid_generator ids_;
    std::unique_ptr<store_database> database_;
    std::unique_ptr<ports::store> store_;
};

/// An order of 2025 that took a minute for each step.
ports::imported_order make_import(const domain::uuid& id, domain::status reached,
                                  const std::array<domain::uuid, 3>& event_ids);

/// Why the call fails, as a store error's kind; fails the test where it does not.
ports::store_fault fault_of(const std::function<void()>& call);

}  // namespace delivery::tests
