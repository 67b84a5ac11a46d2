#include <algorithm>
#include <array>
#include <set>

#include <gmock/gmock.h>

#include "contract/store_contract.hpp"
#include "domain/shard.hpp"

namespace delivery::tests {
namespace {

using domain::status;
using ports::create_outcome;
using testing::ElementsAre;
using testing::IsEmpty;
using enum ports::import_outcome;

TEST_P(store_contract, create_stores_order_event_and_outbox_row) {
    const auto wanted = make_order("Ana Souza");
    const std::array orders{wanted};
    const auto results = run(store().create(orders));

    ASSERT_EQ(results.size(), 1U);
    const auto& order = results[0].order;
    EXPECT_EQ(results[0].outcome, create_outcome::created);
    EXPECT_EQ(order.id, wanted.id);
    EXPECT_EQ(order.customer_name, wanted.customer_name);
    EXPECT_EQ(order.address, wanted.address);
    EXPECT_EQ(order.status, status::received);
    EXPECT_EQ(order.version, 1);
    EXPECT_EQ(order.updated_at, order.created_at);
    EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - order.created_at), std::chrono::minutes(1));
    EXPECT_EQ(find(wanted.id), order);

    const domain::order_event event{.id = wanted.event_id,
                                    .order_id = wanted.id,
                                    .version = 1,
                                    .status = status::received,
                                    .recorded_at = order.created_at};
    EXPECT_EQ(history(wanted.id), std::vector{event});
    const auto rows = pending();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].event, event);
    EXPECT_EQ(rows[0].traceparent, wanted.traceparent);
    EXPECT_EQ(rows[0].shard, domain::shard_of(wanted.id));
}

TEST_P(store_contract, nothing_asked_is_nothing_answered) {
    EXPECT_TRUE(run(store().create({})).empty());
    EXPECT_TRUE(run(store().find({})).empty());
    EXPECT_TRUE(run(store().history({})).empty());
    EXPECT_TRUE(run(store().take_steps({})).empty());
    EXPECT_TRUE(run(store().pending({}, 10)).empty());
    run(store().settle({}));
    run(store().add_dead_letters({}));
    EXPECT_EQ(run(store().take_due_timers({}, {})).taken, 0U);
}

TEST_P(store_contract, texts_are_stored_as_sent) {
    const std::vector<std::string> texts{"NULL",
                                         "null",
                                         "\"quoted\", {braces} and \\back\\slashes\\",
                                         "it's; DROP TABLE orders; --",
                                         " spaces ",
                                         "line\nbreak\ttab\x01",
                                         "João Ávila 日本 \U0001F4E6",
                                         ",",
                                         "{}",
                                         "$1 %s :name ?",
                                         std::string(2000, 'x')};
    std::vector<ports::new_order> orders;
    for (const auto& text : texts) {
        orders.push_back(make_order(text));
        orders.back().address = text;
    }
    orders[0].traceparent = "";
    const auto results = run(store().create(orders));
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(results.at(i).order.customer_name, texts[i]);
        EXPECT_EQ(find(orders[i].id)->customer_name, texts[i]);
        EXPECT_EQ(find(orders[i].id)->address, texts[i]);
    }
}

TEST_P(store_contract, a_batch_is_answered_in_the_order_of_the_request) {
    std::vector<ports::new_order> orders;
    for (int i = 0; i < 50; ++i) orders.push_back(make_order("customer " + std::to_string(i)));
    std::swap(orders.front(), orders.back());
    const auto results = run(store().create(orders));
    ASSERT_EQ(results.size(), orders.size());
    std::vector<domain::uuid> ids;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        EXPECT_EQ(results[i].order.id, orders[i].id);
        EXPECT_EQ(results[i].order.customer_name, orders[i].customer_name);
        ids.push_back(orders[i].id);
    }
    const auto unknown = new_id();
    ids.push_back(unknown);
    ids.push_back(orders[7].id);
    const auto found = run(store().find(ids));
    const auto histories = run(store().history(ids));
    for (std::size_t i = 0; i < orders.size(); ++i) {
        EXPECT_EQ(found.at(i), results[i].order);
        EXPECT_EQ(histories.at(i)->at(0).id, orders[i].event_id);
    }
    EXPECT_FALSE(found.at(50));
    EXPECT_FALSE(histories.at(50));
    EXPECT_EQ(found.at(51)->id, orders[7].id);
    EXPECT_EQ(histories.at(51)->size(), 1U);
}

TEST_P(store_contract, a_retried_create_writes_nothing_even_when_its_row_was_settled) {
    const auto wanted = make_order();
    const auto first = create(wanted);
    settle(pending());
    const auto advanced = advance(first);
    settle(pending());

    const std::array orders{make_order("new beside it"), wanted};
    const auto results = run(store().create(orders));
    EXPECT_EQ(results.at(0).outcome, create_outcome::created);
    EXPECT_EQ(results.at(1).outcome, create_outcome::created);
    EXPECT_EQ(results.at(1).order, first);
    EXPECT_EQ(find(wanted.id), advanced);
    EXPECT_EQ(history(wanted.id).size(), 2U);
    const auto rows = pending();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].event.order_id, orders[0].id);
}

TEST_P(store_contract, one_id_twice_in_a_batch_is_one_order) {
    const auto wanted = make_order();
    const std::array orders{wanted, wanted};
    const auto results = run(store().create(orders));
    EXPECT_EQ(results.at(0).order, results.at(1).order);
    EXPECT_EQ(history(wanted.id).size(), 1U);
    EXPECT_EQ(pending().size(), 1U);
}

ports::idempotency_key make_key(const std::string& key, std::uint8_t body) {
    ports::idempotency_key made{.key = key};
    made.fingerprint.fill(body);
    return made;
}

TEST_P(store_contract, an_idempotency_key_gives_the_same_order_again) {
    auto original = make_order("original");
    original.idempotency = make_key("key-1", 1);
    const auto first = create(original);
    advance(first);

    auto again = make_order("original");
    again.idempotency = make_key("key-1", 1);
    auto other_body = make_order("other");
    other_body.idempotency = make_key("key-1", 2);
    auto other_key = make_order("other");
    other_key.idempotency = make_key("key-2", 2);
    const std::array orders{again, other_body, original, other_key};
    const auto results = run(store().create(orders));

    EXPECT_EQ(results.at(0).outcome, create_outcome::replayed);
    EXPECT_EQ(results.at(0).order, first);
    EXPECT_EQ(results.at(1).outcome, create_outcome::key_reused);
    EXPECT_EQ(results.at(2).outcome, create_outcome::created);
    EXPECT_EQ(results.at(2).order, first);
    EXPECT_EQ(results.at(3).outcome, create_outcome::created);
    EXPECT_FALSE(find(again.id));
    EXPECT_FALSE(find(other_body.id));
    EXPECT_TRUE(find(other_key.id));
}

TEST_P(store_contract, a_key_whose_order_was_deleted_by_hand_is_free_again) {
    auto original = make_order();
    original.idempotency = make_key("orphan", 1);
    create(original);
    auto other = make_order();
    other.idempotency = make_key("other", 1);
    create(other);
    database().execute("DELETE FROM orders WHERE id = " + database().literal(original.id));
    database().execute("DELETE FROM order_events WHERE order_id = " + database().literal(original.id));

    auto again = make_order();
    again.idempotency = make_key("orphan", 1);
    auto neighbour = make_order();
    auto other_again = make_order();
    other_again.idempotency = make_key("other", 1);
    const std::array orders{neighbour, again, other_again};
    std::vector<ports::create_result> results;
    try {
        results = run(store().create(orders));
    } catch (const ports::store_error& error) {
        EXPECT_TRUE(error.is_worth_retry());
        results = run(store().create(orders));
    }
    EXPECT_EQ(results.at(0).outcome, create_outcome::created);
    EXPECT_EQ(results.at(1).outcome, create_outcome::created);
    EXPECT_EQ(results.at(1).order.id, again.id);
    EXPECT_EQ(results.at(2).outcome, create_outcome::replayed);
    EXPECT_EQ(results.at(2).order.id, other.id);
    EXPECT_EQ(history(again.id).size(), 1U);
    EXPECT_EQ(history(neighbour.id).size(), 1U);
}

TEST_P(store_contract, one_key_several_times_in_a_batch_is_won_by_the_first) {
    std::vector<ports::new_order> orders;
    for (int i = 0; i < 4; ++i) {
        orders.push_back(make_order());
        orders.back().idempotency = make_key("same", i == 2 ? 2 : 1);
    }
    std::swap(orders[0], orders[3]);
    const auto results = run(store().create(orders));
    EXPECT_EQ(results.at(0).outcome, create_outcome::created);
    EXPECT_EQ(results.at(1).outcome, create_outcome::replayed);
    EXPECT_EQ(results.at(1).order.id, orders[0].id);
    EXPECT_EQ(results.at(2).outcome, create_outcome::key_reused);
    EXPECT_EQ(results.at(3).outcome, create_outcome::replayed);
    EXPECT_EQ(pending().size(), 1U);
}

TEST_P(store_contract, a_key_raced_by_many_gives_one_order) {
    std::vector<std::unique_ptr<ports::store>> stores;
    for (int i = 0; i < (database().is_shared() ? 4 : 0); ++i) stores.push_back(open_another());
    for (int round = 0; round < 10; ++round) {
        std::vector<std::vector<ports::new_order>> batches(8);
        std::vector<std::future<std::vector<ports::create_result>>> calls;
        for (std::size_t i = 0; i < batches.size(); ++i) {
            for (const auto* key : {"b", "a", "c"}) {
                batches[i].push_back(make_order());
                batches[i].back().idempotency = make_key(key + std::to_string(round), 1);
            }
            if (i % 2 == 0) std::ranges::reverse(batches[i]);
            auto& where = stores.empty() ? store() : *stores[i % stores.size()];
            calls.push_back(start(where.create(batches[i])));
        }
        std::set<domain::uuid> ids;
        std::size_t created = 0;
        for (auto& call : calls) {
            for (const auto& result : finish(call)) {
                EXPECT_NE(result.outcome, create_outcome::key_reused);
                if (result.outcome == create_outcome::created) ++created;
                ids.insert(result.order.id);
            }
        }
        EXPECT_EQ(created, 3U);
        EXPECT_EQ(ids.size(), 3U);
        EXPECT_EQ(pending().size(), 3U * (static_cast<std::size_t>(round) + 1));
    }
    for (auto& each : stores) run(each->close());
}

TEST_P(store_contract, old_idempotency_keys_are_purged) {
    auto wanted = make_order();
    wanted.idempotency = make_key("key-1", 1);
    create(wanted);
    EXPECT_EQ(run(store().purge_idempotency_keys(std::chrono::hours(24))), 0U);
    EXPECT_TRUE(
        eventually([&] { return run(store().purge_idempotency_keys(std::chrono::milliseconds(1))) == 1; }));

    auto again = make_order();
    again.idempotency = make_key("key-1", 2);
    const std::array orders{again};
    EXPECT_EQ(run(store().create(orders)).at(0).outcome, create_outcome::created);
}

TEST_P(store_contract, pages_hold_every_order_once_newest_first) {
    const auto orders = create_orders(9);
    const auto same_time = database().literal(orders[3].created_at);
    for (const auto i : {2U, 4U, 5U}) {
        database().execute("UPDATE orders SET created_at = " + same_time +
                           " WHERE id = " + database().literal(orders[i].id));
    }
    std::vector<domain::order> seen;
    ports::page_request request{.status = std::nullopt, .after = std::nullopt, .limit = 2};
    for (;;) {
        const auto page = run(store().list(request));
        EXPECT_LE(page.size(), 2U);
        if (page.empty()) break;
        seen.insert(seen.end(), page.begin(), page.end());
        request.after = {.created_at = seen.back().created_at, .id = seen.back().id};
    }
    ASSERT_EQ(seen.size(), orders.size());
    for (std::size_t i = 1; i < seen.size(); ++i) {
        EXPECT_GT(std::pair(seen[i - 1].created_at, seen[i - 1].id),
                  std::pair(seen[i].created_at, seen[i].id));
    }
}

TEST_P(store_contract, pages_can_be_of_one_status) {
    auto orders = create_orders(6);
    orders[1] = advance(orders[1]);
    orders[3] = advance(orders[3]);
    orders[4] = advance(advance(orders[4]));
    ports::page_request request{.status = status::in_transit, .after = std::nullopt, .limit = 10};
    EXPECT_EQ(run(store().list(request)), (std::vector{orders[3], orders[1]}));
    request.status = status::delivered;
    EXPECT_EQ(run(store().list(request)), std::vector{orders[4]});
    request.status = status::received;
    request.after = {.created_at = orders[5].created_at, .id = orders[5].id};
    EXPECT_EQ(run(store().list(request)), (std::vector{orders[2], orders[0]}));
    request.status = std::nullopt;
    request.limit = 3;
    EXPECT_EQ(run(store().list(request)), (std::vector{orders[4], orders[3], orders[2]}));
}

TEST_P(store_contract, imported_orders_come_with_their_past_once) {
    std::vector<ports::imported_order> imports;
    for (const auto reached : {status::received, status::in_transit, status::delivered}) {
        imports.push_back(make_import(new_id(), reached, {new_id(), new_id(), new_id()}));
    }
    EXPECT_THAT(run(store().import_orders({})), IsEmpty());
    EXPECT_THAT(run(store().import_orders(imports)), ElementsAre(taken, taken, taken));
    for (const auto& imported : imports) {
        EXPECT_EQ(find(imported.order.id), imported.order);
        EXPECT_EQ(history(imported.order.id), imported.events);
    }
    auto rows = pending();
    ASSERT_EQ(rows.size(), 2U) << "the finished one has nothing to announce";
    for (const auto& row : rows) EXPECT_NE(row.event.order_id, imports[2].order.id);
    EXPECT_TRUE(rows[0].event == imports[0].events.back() || rows[1].event == imports[0].events.back());
    EXPECT_TRUE(rows[0].event == imports[1].events.back() || rows[1].event == imports[1].events.back());

    settle(rows);
    imports.insert(imports.begin() + 1,
                   make_import(new_id(), status::received, {new_id(), new_id(), new_id()}));
    EXPECT_THAT(run(store().import_orders(imports)),
                ElementsAre(already_there, taken, already_there, already_there));
    EXPECT_EQ(pending().size(), 1U);
}

TEST_P(store_contract, of_imported_orders_with_one_id_the_first_is_taken) {
    const auto id = new_id();
    const auto first = make_import(id, status::in_transit, {new_id(), new_id(), new_id()});
    const auto other = make_import(new_id(), status::delivered, {new_id(), new_id(), new_id()});
    const auto second = make_import(id, status::delivered, {new_id(), new_id(), new_id()});
    EXPECT_THAT(run(store().import_orders(std::vector{first, other, second})),
                ElementsAre(taken, taken, already_there));
    EXPECT_EQ(find(id), first.order);
    EXPECT_EQ(history(id), first.events);
    EXPECT_EQ(pending().size(), 1U);
}

TEST_P(store_contract, calls_of_one_store_may_overlap) {
    std::vector<std::vector<ports::new_order>> batches(20);
    std::vector<std::future<std::vector<ports::create_result>>> calls;
    for (auto& batch : batches) {
        batch.push_back(make_order());
        calls.push_back(start(store().create(batch)));
    }
    for (std::size_t i = 0; i < batches.size(); ++i)
        EXPECT_EQ(finish(calls[i]).at(0).order.id, batches[i][0].id);
}

TEST_P(store_contract, a_working_store_has_no_fault_and_a_closed_one_answers_no_more) {
    EXPECT_EQ(run(store().find_fault()), std::nullopt);
    auto other = open_another();
    run(other->close());
    const auto id = new_id();
    EXPECT_EQ(fault_of([&] { run(other->find({&id, 1})); }), ports::store_fault::unavailable);
}

}  // namespace
}  // namespace delivery::tests
