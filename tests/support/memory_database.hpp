#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ports/store.hpp"

namespace delivery::tests {

/// What the stores keep, in memory, with the behaviour of the SQL ones: every function is one transaction.
/// Its tables are open to tests, which look into them and change them behind the service's back. One thread
/// only.
class memory_database {
public:
    struct stored_order {
        domain::order order;
        std::optional<domain::timestamp> redriven_at;
    };
    struct stored_event {
        domain::order_event event;
        std::string traceparent;
    };
    struct stored_timer {
        std::int32_t version = 1;
        domain::timestamp due_at;
        std::string traceparent;
    };
    struct stored_key {
        std::array<std::uint8_t, 32> fingerprint{};
        domain::uuid order_id;
        domain::timestamp created_at;
    };
    struct stored_lease {
        domain::uuid owner;
        domain::timestamp expires_at;
    };
    struct living_relay {
        std::string bus;
        domain::timestamp expires_at;
    };

    /// `now` is the store's clock.
    explicit memory_database(std::function<domain::timestamp()> now) : now_(std::move(now)) {}

    /// Numbers for the outbox rows of a `create` that commits later, as a sequence hands them out before the
    /// commit.
    std::int64_t reserve_sequences(std::size_t count);
    std::vector<ports::create_result> create(std::span<const ports::new_order> wanted,
                                             std::int64_t first_sequence);
    [[nodiscard]] std::vector<std::optional<domain::order>> find(std::span<const domain::uuid> ids) const;
    [[nodiscard]] std::vector<std::optional<std::vector<domain::order_event>>> history(
        std::span<const domain::uuid> ids) const;
    [[nodiscard]] std::vector<domain::order> list(const ports::page_request& request) const;
    std::vector<ports::import_outcome> import_orders(std::span<const ports::imported_order> imported);

    std::vector<ports::step_outcome> take_steps(std::span<const ports::step_request> steps);
    ports::due_result take_due_timers(std::span<const domain::uuid> event_ids,
                                      std::span<const domain::uuid> left_out = {});
    [[nodiscard]] std::vector<ports::due_timer> due_timers(std::size_t limit,
                                                           std::span<const domain::uuid> left_out) const;
    void add_dead_letters(std::span<const ports::dead_letter> letters);

    [[nodiscard]] std::optional<std::string> find_other_bus(const std::string& bus) const;
    ports::lease_view renew_leases(const ports::relay_identity& relay,
                                   std::chrono::milliseconds time_to_live);
    void release_leases(const ports::relay_identity& relay, std::span<const std::uint8_t> shards);
    void retire(const ports::relay_identity& relay);
    [[nodiscard]] std::vector<ports::outbox_row> pending(std::span<const ports::shard_position> positions,
                                                         std::size_t limit) const;
    void settle(std::span<const ports::outbox_row> rows);
    [[nodiscard]] ports::outbox_depth depth(std::span<const std::uint8_t> shards) const;
    ports::outbox_store::redrive_result redrive(std::chrono::milliseconds after,
                                                std::optional<domain::uuid> from);
    std::size_t purge_idempotency_keys(std::chrono::milliseconds age);

    ports::purge_result purge_orders(const ports::purge_request& request);

    [[nodiscard]] ports::audit_page audit(std::optional<domain::uuid> after, std::size_t limit) const;

    std::map<domain::uuid, stored_order> orders;
    std::map<domain::uuid, std::map<std::int32_t, stored_event>> events;
    std::map<std::int64_t, ports::outbox_row> outbox;  ///< By sequence.
    std::map<domain::uuid, stored_timer> timers;
    std::map<std::string, stored_key> keys;
    std::map<std::uint8_t, stored_lease> leases;
    std::map<domain::uuid, living_relay> relays;
    std::map<domain::uuid, ports::dead_letter> dead_letters;
    /// Steps of these orders are refused with `bad_data`, as by a constraint.
    std::set<domain::uuid> refused_orders;

private:
    ports::create_result create_one(const ports::new_order& wanted, std::int64_t sequence);
    std::optional<ports::create_result> find_key(const ports::new_order& wanted) const;
    void add_event(const domain::order_event& event, const std::string& traceparent, std::int64_t sequence);
    void add_outbox_row(const domain::order_event& event, const std::string& traceparent,
                        std::int64_t sequence);
    domain::order_event advance(domain::order& order, domain::status to, const domain::uuid& event_id,
                                const std::string& traceparent);
    ports::step_outcome take_step(const ports::step_request& step);
    [[nodiscard]] std::vector<std::pair<domain::timestamp, domain::uuid>> timers_by_due_time(
        std::span<const domain::uuid> left_out) const;
    void check_step(const domain::uuid& order_id) const;
    [[nodiscard]] bool is_lost(const domain::uuid& id, std::chrono::microseconds after) const;
    [[nodiscard]] domain::timestamp waits_since(const domain::order_event& event) const;
    [[nodiscard]] bool is_in_outbox(const domain::uuid& order_id) const;
    [[nodiscard]] ports::audited_order audit_one(const domain::uuid& id) const;

    std::function<domain::timestamp()> now_;
    std::int64_t last_sequence_ = 0;
};

}  // namespace delivery::tests
