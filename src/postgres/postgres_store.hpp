#pragma once

#include <memory>

#include "ports/store.hpp"
#include "postgres/connection_pool.hpp"

namespace delivery::postgres {

/// The store on PostgreSQL. Every call is one statement, hence one round trip and one transaction, unless it
/// says why not.
class postgres_store final : public ports::store {
public:
    postgres_store(executor where, const options& how, ports::logger& logger);

    // order_queries.cpp
    awaitable<std::vector<ports::create_result>> create(std::span<const ports::new_order> orders) override;
    awaitable<std::vector<std::optional<domain::order>>> find(std::span<const domain::uuid> ids) override;
    awaitable<std::vector<std::optional<std::vector<domain::order_event>>>> history(
        std::span<const domain::uuid> ids) override;
    awaitable<std::vector<domain::order>> list(const ports::page_request& request) override;
    awaitable<std::size_t> purge_idempotency_keys(std::chrono::milliseconds age) override;

    // workflow_queries.cpp
    awaitable<std::vector<ports::step_outcome>> take_steps(
        std::span<const ports::step_request> steps) override;
    awaitable<ports::due_result> take_due_timers(std::span<const domain::uuid> event_ids,
                                                 std::span<const domain::uuid> left_out) override;
    awaitable<std::vector<ports::due_timer>> due_timers(std::size_t limit,
                                                        std::span<const domain::uuid> left_out) override;
    awaitable<void> add_dead_letters(std::span<const ports::dead_letter> letters) override;

    // outbox_queries.cpp
    awaitable<std::vector<ports::outbox_row>> pending(std::span<const ports::shard_position> positions,
                                                      std::size_t limit) override;
    awaitable<void> settle(std::span<const ports::outbox_row> rows) override;
    awaitable<ports::outbox_depth> depth(std::span<const std::uint8_t> shards) override;
    awaitable<redrive_result> redrive(std::chrono::milliseconds after,
                                      std::optional<domain::uuid> from) override;

    // lease_queries.cpp
    awaitable<std::optional<std::string>> find_other_bus(const std::string& bus) override;
    awaitable<ports::lease_view> renew_leases(const ports::relay_identity& relay,
                                              std::chrono::milliseconds time_to_live) override;
    awaitable<void> release_leases(const ports::relay_identity& relay,
                                   std::span<const std::uint8_t> shards) override;
    awaitable<void> retire(const ports::relay_identity& relay) override;

    // audit_queries.cpp
    awaitable<ports::audit_page> audit(std::optional<domain::uuid> after, std::size_t limit) override;
    awaitable<std::int64_t> estimate_orders() override;

    // import_queries.cpp
    awaitable<std::vector<ports::import_outcome>> import_orders(
        std::span<const ports::imported_order> orders) override;

    // retention_queries.cpp
    awaitable<ports::purge_result> purge_orders(const ports::purge_request& request) override;

    // store_factory.cpp
    awaitable<std::optional<std::string>> find_fault() override;
    awaitable<void> close() override;

private:
    /// For orders without keys that are not stored yet; otherwise fails with bad_data and writes nothing.
    awaitable<std::vector<ports::create_result>> create_fresh(std::span<const ports::new_order> orders);
    awaitable<std::vector<ports::create_result>> create_or_find(std::span<const ports::new_order> orders);
    /// Completes the results of these orders, which were stored before or whose keys were used before. Fails
    /// with conflict where one was deleted since: the next attempt stores it anew.
    awaitable<void> find_earlier_orders(std::span<const ports::new_order> orders,
                                        const std::vector<std::size_t>& open,
                                        std::vector<ports::create_result>& results);
    awaitable<rows> run(const statement& what, const parameters& values);
    /// Before all calls that wait for a connection.
    awaitable<rows> run_first(const statement& what, const parameters& values,
                              std::chrono::milliseconds limit);
    /// Likewise: leases do not wait for orders.
    awaitable<rows> run_script(std::string_view operation, const std::string& sql);

    std::chrono::milliseconds deadline_;
    std::shared_ptr<connection_pool> pool_;
};

}  // namespace delivery::postgres
