#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/detached.hpp>
#include <cstring>
#include <iostream>
#include <set>

#include "unit/sqlite/fixture.hpp"

namespace delivery::tests {
namespace {

using id_bytes = domain::uuid::bytes_type;

/// Stores orders without end, and writes the id of each one that was acknowledged into the pipe.
class order_source {
public:
    order_source(const sqlite::options& how, int pipe)
        : store_(sqlite::make_store(context_.get_executor(), sqlite::open_database(how, log_, clock_))),
          pipe_(pipe) {}

    [[noreturn]] void run() {
        for (int i = 0; i < 8; ++i) boost::asio::co_spawn(context_, create_forever(), boost::asio::detached);
        context_.run();
        std::abort();
    }

private:
    awaitable<void> create_forever() {
        for (;;) {
            std::vector<ports::new_order> orders(3);
            for (auto& order : orders) {
                order.id = ids_.next(clock_.now());
                order.event_id = ids_.next(clock_.now());
                order.customer_name = order.address = "x";
            }
            const auto results = co_await store_->create(orders);
            for (const auto& result : results) {
                const auto& bytes = result.order.id.bytes();
                if (::write(pipe_, bytes.data(), bytes.size()) != std::ssize(bytes)) std::abort();
            }
        }
    }

    null_logger log_;
    fake_clock clock_;
    domain::uuid_generator ids_;
    boost::asio::io_context context_{1};
    std::unique_ptr<ports::store> store_;
    int pipe_;
};

TEST(sqlite_crash, every_acknowledged_order_is_there_with_event_and_outbox_row) {
    const temp_folder folder;
    const sqlite::options how{.path = folder / "delivery.db"};
    sqlite::migrator(how.path).up(std::nullopt);
    std::set<domain::uuid> acknowledged;
    for (std::size_t round = 1; round <= 3; ++round) {
        std::array<int, 2> pipe{};
        ASSERT_EQ(::pipe(pipe.data()), 0);
        const auto child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(pipe[0]);
            order_source(how, pipe[1]).run();
        }
        ::close(pipe[1]);
        id_bytes id{};
        while (acknowledged.size() < round * 500 && ::read(pipe[0], id.data(), id.size()) == std::ssize(id)) {
            acknowledged.insert(domain::uuid(id));
        }
        ::kill(child, SIGKILL);
        while (::read(pipe[0], id.data(), id.size()) == std::ssize(id)) acknowledged.insert(domain::uuid(id));
        ::close(pipe[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
        ASSERT_GE(acknowledged.size(), round * 500);
    }

    null_logger log;
    fake_clock clock;
    boost::asio::io_context context(1);
    const auto store = sqlite::make_store(context.get_executor(), sqlite::open_database(how, log, clock));
    std::size_t found = 0;
    std::optional<domain::uuid> after;
    do {
        const auto page = run_coroutine(context, store->audit(after, 100));
        for (const auto& order : page.orders) {
            EXPECT_TRUE(order.order);
            EXPECT_EQ(order.events.size(), 1U);
            EXPECT_EQ(order.outbox.size(), 1U);
            found += acknowledged.count(order.id);
        }
        after = page.next;
    } while (after);
    EXPECT_EQ(found, acknowledged.size());
    run_coroutine(context, store->close());
}

}  // namespace
}  // namespace delivery::tests
