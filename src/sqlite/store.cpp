#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include "ports/store_error.hpp"
#include "sqlite/audit_queries.hpp"
#include "sqlite/core.hpp"
#include "sqlite/lease_queries.hpp"
#include "sqlite/order_queries.hpp"
#include "sqlite/outbox_queries.hpp"
#include "sqlite/retention_queries.hpp"
#include "sqlite/schema.hpp"
#include "sqlite/step_queries.hpp"

namespace delivery::sqlite {
namespace {

namespace asio = boost::asio;

using domain::uuid;
using std::chrono::milliseconds;

/// Sends each call to a thread of the database. The callbacks refer to the caller's spans, which outlive the
/// call.
class store final : public ports::store {
public:
    store(const executor& where, std::shared_ptr<database> shared)
        : shared_(std::move(shared)), idle_(where, asio::steady_timer::time_point::max()) {}

    store(const store&) = delete;
    store& operator=(const store&) = delete;
    ~store() override { leave(); }

    awaitable<std::vector<ports::create_result>> create(std::span<const ports::new_order> orders) override {
        return write([this, orders](connection& db) { return create_orders(db, orders, now()); });
    }

    awaitable<std::vector<std::optional<domain::order>>> find(std::span<const uuid> ids) override {
        return read([ids](connection& db) { return find_orders(db, ids); });
    }

    awaitable<std::vector<std::optional<std::vector<domain::order_event>>>> history(
        std::span<const uuid> ids) override {
        return read([ids](connection& db) { return find_histories(db, ids); });
    }

    awaitable<std::vector<domain::order>> list(const ports::page_request& request) override {
        return read([request](connection& db) { return list_orders(db, request); });
    }

    awaitable<std::optional<std::string>> find_other_bus(const std::string& bus) override {
        return read([this, bus](connection& db) { return sqlite::find_other_bus(db, bus, now()); });
    }

    awaitable<ports::lease_view> renew_leases(const ports::relay_identity& relay,
                                              milliseconds time_to_live) override {
        return write([this, relay, time_to_live](connection& db) {
            return sqlite::renew_leases(db, relay, time_to_live, now());
        });
    }

    awaitable<void> release_leases(const ports::relay_identity& relay,
                                   std::span<const std::uint8_t> shards) override {
        return write([relay, shards](connection& db) { sqlite::release_leases(db, relay, shards); });
    }

    awaitable<void> retire(const ports::relay_identity& relay) override {
        return write([relay](connection& db) { retire_relay(db, relay); });
    }

    awaitable<std::vector<ports::outbox_row>> pending(std::span<const ports::shard_position> positions,
                                                      std::size_t limit) override {
        return read([positions, limit](connection& db) { return find_pending(db, positions, limit); });
    }

    awaitable<void> settle(std::span<const ports::outbox_row> rows) override {
        return write([rows](connection& db) { settle_rows(db, rows); });
    }

    awaitable<ports::outbox_depth> depth(std::span<const std::uint8_t> shards) override {
        return read([this, shards](connection& db) { return measure_depth(db, shards, now()); });
    }

    /// The search runs beside the writer, which then looks only at what was found.
    awaitable<redrive_result> redrive(milliseconds after, std::optional<uuid> from) override {
        auto search = [=, this](connection& db) { return find_lost(db, after, now(), from); };
        const auto lost = co_await read(std::move(search));
        redrive_result result{.announced = 0, .next = lost.next};
        if (lost.ids.empty()) co_return result;
        auto announce = [&, this](connection& db) { return announce_again(db, lost.ids, after, now()); };
        result.announced = co_await write(std::move(announce));
        co_return result;
    }

    awaitable<std::size_t> purge_idempotency_keys(milliseconds age) override {
        return write([this, age](connection& db) { return sqlite::purge_idempotency_keys(db, now() - age); });
    }

    awaitable<std::vector<ports::step_outcome>> take_steps(
        std::span<const ports::step_request> steps) override {
        return write([this, steps](connection& db) { return sqlite::take_steps(db, steps, now()); });
    }

    awaitable<ports::due_result> take_due_timers(std::span<const uuid> event_ids,
                                                 std::span<const uuid> left_out) override {
        return write([this, event_ids, left_out](connection& db) {
            return sqlite::take_due_timers(db, event_ids, left_out, now());
        });
    }

    awaitable<std::vector<ports::due_timer>> due_timers(std::size_t limit,
                                                        std::span<const uuid> left_out) override {
        return read(
            [this, limit, left_out](connection& db) { return find_due_timers(db, limit, left_out, now()); });
    }

    awaitable<void> add_dead_letters(std::span<const ports::dead_letter> letters) override {
        return write([this, letters](connection& db) { sqlite::add_dead_letters(db, letters, now()); });
    }

    awaitable<ports::audit_page> audit(std::optional<uuid> after, std::size_t limit) override {
        return read(
            [this, after, limit](connection& db) { return read_audit_page(db, after, limit, now()); });
    }

    awaitable<std::int64_t> estimate_orders() override {
        return read([](connection& db) { return count_orders(db); });
    }

    awaitable<std::vector<ports::import_outcome>> import_orders(
        std::span<const ports::imported_order> orders) override {
        return write([this, orders](connection& db) { return sqlite::import_orders(db, orders, now()); });
    }

    awaitable<ports::purge_result> purge_orders(const ports::purge_request& request) override {
        auto purge = [this, request](connection& db) { return sqlite::purge_orders(db, request, now()); };
        return request.only_counts ? read(std::move(purge)) : write(std::move(purge));
    }

    awaitable<std::optional<std::string>> find_fault() override {
        try {
            if (!shared_) co_return "the store is closed";
            if (auto fault = shared_->inner().find_file_fault()) co_return fault;
            const auto where = co_await asio::this_coro::executor;
            const auto asked = std::make_shared<examination>(where);
            asio::co_spawn(where, examine(asked), asio::detached);
            boost::system::error_code woken;
            co_await asked->answered.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            co_return asked->fault;
        } catch (const std::exception& error) {
            co_return error.what();
        }
    }

    awaitable<void> close() override {
        is_closed_ = true;
        while (under_way_ > 0) {
            boost::system::error_code woken;
            co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        leave();
    }

private:
    /// A look at the schema, which may come too late for who wants to know, where all readers are busy.
    struct examination {
        explicit examination(const executor& where) : answered(where, fault_deadline) {}
        asio::steady_timer answered;
        std::optional<std::string> fault = "the database did not answer in time";
    };

    awaitable<void> examine(std::shared_ptr<examination> asked) {
        try {
            asked->fault = co_await read(&find_schema_fault, urgency::high);
        } catch (const std::exception& error) {
            asked->fault = error.what();
        }
        asked->answered.expires_at(asio::steady_timer::time_point::min());
    }

    /// Counts a call, so that `close` can wait for it.
    class counted {
    public:
        explicit counted(store& owner) : owner_(owner) {
            if (owner.is_closed_)
                throw ports::store_error(ports::store_fault::unavailable, "the store is closed");
            ++owner_.under_way_;
        }
        counted(const counted&) = delete;
        counted& operator=(const counted&) = delete;
        ~counted() {
            if (--owner_.under_way_ == 0 && owner_.is_closed_) owner_.idle_.cancel();
        }

    private:
        store& owner_;
    };

    template <typename Work>
    awaitable<std::invoke_result_t<Work&, connection&>> write(Work work) {
        const counted call(*this);
        co_return co_await sqlite::write(shared_->inner(), std::move(work));
    }

    template <typename Work>
    awaitable<std::invoke_result_t<Work&, connection&>> read(Work work, urgency how = urgency::usual) {
        const counted call(*this);
        co_return co_await sqlite::read(shared_->inner(), std::move(work), how);
    }

    /// The executor's context may be destroyed after this.
    void leave() {
        if (shared_) shared_->inner().wait_for_completions();
        shared_.reset();
    }

    [[nodiscard]] domain::timestamp now() const { return shared_->inner().clock().now(); }

    std::shared_ptr<database> shared_;
    asio::steady_timer idle_;
    std::size_t under_way_ = 0;
    bool is_closed_ = false;
};

}  // namespace

std::unique_ptr<ports::store> make_store(const executor& where, std::shared_ptr<database> shared) {
    return std::make_unique<store>(where, std::move(shared));
}

}  // namespace delivery::sqlite
