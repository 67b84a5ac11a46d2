#include "contract/store_contract.hpp"

#include <array>

#include <gmock/gmock.h>

#include "domain/flow.hpp"
#include "domain/shard.hpp"
#include "support/eventually.hpp"

namespace delivery::tests {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(store_contract);

store_contract::store_contract() : database_(GetParam().make_database()), store_(open_another()) {}

store_contract::~store_contract() {
    if (store_) run(store_->close());
}

bool store_contract::eventually(const std::function<bool()>& condition) {
    return tests::eventually(std::chrono::seconds(10), condition);
}

domain::uuid store_contract::new_id() {
    const auto now = std::chrono::system_clock::now();
    return ids_.next(std::chrono::time_point_cast<std::chrono::microseconds>(now));
}

ports::new_order store_contract::make_order(const std::string& customer_name) {
    return {.id = new_id(),
            .event_id = new_id(),
            .customer_name = customer_name,
            .address = "Rua das Flores, 123",
            .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            .idempotency = std::nullopt};
}

std::vector<domain::order> store_contract::create_orders(std::size_t count) {
    std::vector<domain::order> orders;
    while (orders.size() < count) orders.push_back(create(make_order()));
    return orders;
}

domain::order store_contract::create(const ports::new_order& order) {
    const std::array orders{order};
    return run(store().create(orders)).at(0).order;
}

std::optional<domain::order> store_contract::find(const domain::uuid& id) {
    const std::array ids{id};
    return run(store().find(ids)).at(0);
}

std::vector<domain::order_event> store_contract::history(const domain::uuid& id) {
    const std::array ids{id};
    return run(store().history(ids)).at(0).value_or(std::vector<domain::order_event>{});
}

ports::step_request store_contract::make_step(const domain::order& order, std::chrono::milliseconds delay) {
    const auto step = domain::next_step(order.status);
    return {.order_id = order.id,
            .version = order.version,
            .from = order.status,
            .to = step ? step->to : order.status,
            .delay = delay,
            .event_id = new_id(),
            .traceparent = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
}

ports::step_outcome store_contract::take(const ports::step_request& step) {
    const std::array steps{step};
    return run(store().take_steps(steps)).at(0);
}

domain::order store_contract::advance(const domain::order& order) {
    EXPECT_EQ(take(make_step(order)), ports::step_outcome::advanced);
    return find(order.id).value();
}

ports::due_result store_contract::take_due(std::size_t limit, const std::vector<domain::uuid>& left_out) {
    std::vector<domain::uuid> event_ids;
    while (event_ids.size() < limit) event_ids.push_back(new_id());
    return run(store().take_due_timers(event_ids, left_out));
}

std::vector<ports::outbox_row> store_contract::pending(std::size_t limit) {
    const auto positions = all_shards();
    return run(store().pending(positions, limit));
}

void store_contract::settle(const std::vector<ports::outbox_row>& rows) { run(store().settle(rows)); }

std::vector<ports::shard_position> store_contract::all_shards() {
    std::vector<ports::shard_position> positions;
    for (std::uint8_t shard = 0; shard < domain::shard_count; ++shard) positions.push_back({.shard = shard});
    return positions;
}

ports::relay_identity store_contract::make_relay(const std::string& bus) {
    return {.owner = new_id(), .bus = bus};
}

ports::lease_view store_contract::renew(const ports::relay_identity& relay,
                                        std::chrono::milliseconds time_to_live) {
    return run(store().renew_leases(relay, time_to_live));
}

std::size_t store_contract::renew_fairly(const ports::relay_identity& relay) {
    auto view = renew(relay);
    if (view.shards.size() <= view.fair_share) return view.shards.size();
    const auto surplus = std::span(view.shards).subspan(view.fair_share);
    run(store().release_leases(relay, surplus));
    return view.fair_share;
}

std::vector<ports::imported_order> store_contract::import_old(std::size_t count) {
    std::vector<ports::imported_order> old;
    while (old.size() < count)
        old.push_back(make_import(new_id(), domain::status::delivered, {new_id(), new_id(), new_id()}));
    EXPECT_THAT(run(store().import_orders(old)), testing::Each(ports::import_outcome::taken));
    return old;
}

std::size_t store_contract::purge(ports::purge_request request) {
    std::size_t orders = 0;
    do {
        const auto result = run(store().purge_orders(request));
        orders += result.orders;
        request.after = result.next;
    } while (request.after);
    return orders;
}

void store_contract::set_quiet(const domain::uuid& id, std::chrono::minutes since_moved,
                               std::chrono::minutes since_announced) {
    const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto set = [&](const std::string& column, domain::timestamp moment) {
        database().execute("UPDATE orders SET " + column + " = " + database().literal(moment) +
                           " WHERE id = " + database().literal(id));
    };
    set("updated_at", now - since_moved);
    set("redriven_at", now - since_announced);
}

std::vector<ports::audited_order> store_contract::audit(std::size_t limit) {
    std::vector<ports::audited_order> all;
    std::optional<domain::uuid> after;
    do {
        auto page = run(store().audit(after, limit));
        for (auto& order : page.orders) {
            if (!all.empty()) EXPECT_LT(all.back().id, order.id);
            all.push_back(std::move(order));
        }
        after = page.next;
    } while (after);
    return all;
}

ports::imported_order make_import(const domain::uuid& id, domain::status reached,
                                  const std::array<domain::uuid, 3>& event_ids) {
    const auto begin = domain::parse_rfc3339("2025-11-03T00:32:55.534780Z").value();
    const auto steps = static_cast<std::int32_t>(reached);
    ports::imported_order made{.order = {.id = id,
                                         .customer_name = "José",
                                         .address = "Praça da Sé, 1",
                                         .status = reached,
                                         .version = steps + 1,
                                         .created_at = begin,
                                         .updated_at = begin + std::chrono::minutes(steps)},
                               .events = {}};
    for (std::int32_t i = 0; i <= steps; ++i) {
        made.events.push_back({.id = event_ids[static_cast<std::size_t>(i)],
                               .order_id = id,
                               .version = i + 1,
                               .status = static_cast<domain::status>(i),
                               .recorded_at = begin + std::chrono::minutes(i)});
    }
    return made;
}

ports::store_fault fault_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const ports::store_error& error) {
        return error.fault();
    }
    throw std::runtime_error("the call did not fail");
}

}  // namespace delivery::tests
