#include "postgres/connection.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "ports/store_error.hpp"
#include "support/run_coroutine.hpp"
#include "unit/postgres/scripted_libpq.hpp"

namespace delivery::postgres {
namespace {

using boost::asio::posix::stream_descriptor;

/// Two sockets that are each other's peer.
std::array<int, 2> make_pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    return ends;
}

/// libpq on a socket whose server hangs up. It closes the socket when it meets the end of what there is to
/// read, as PQconsumeInput does, and at once another thread's socket gets the number.
class libpq_that_loses_its_socket {
public:
    explicit libpq_that_loses_its_socket(const executor& where) : newcomer_(where) {
        here = this;
        functions_ = script_.functions();
        functions_.socket = [](const PGconn*) { return here->socket_; };
        functions_.consume_input = [](PGconn*) { return here->lose(); };
        script_.answer("is_busy", {1, 1, 1});
    }
    ~libpq_that_loses_its_socket() { ::close(newcomers_client_); }
    libpq_that_loses_its_socket(const libpq_that_loses_its_socket&) = delete;
    libpq_that_loses_its_socket& operator=(const libpq_that_loses_its_socket&) = delete;

    [[nodiscard]] const libpq_functions& functions() const { return functions_; }
    void hang_up() { ::close(std::exchange(server_, -1)); }
    void let_the_client_speak() { EXPECT_EQ(::write(newcomers_client_, "x", 1), 1); }
    [[nodiscard]] bool is_newcomer_heard() const { return is_newcomer_heard_; }

private:
    int lose() {
        const auto ends = make_pair();
        // Closes the number's old meaning in the same step.
        EXPECT_EQ(::dup2(ends[0], socket_), socket_);
        ::close(ends[0]);
        newcomers_client_ = ends[1];
        newcomer_.assign(socket_);
        newcomer_.async_wait(stream_descriptor::wait_read,
                             [this](auto error) { is_newcomer_heard_ = !error; });
        socket_ = -1;
        script_.is_lost = true;
        return 0;
    }

    static inline libpq_that_loses_its_socket* here = nullptr;

    scripted_libpq script_;
    libpq_functions functions_;
    std::array<int, 2> ends_ = make_pair();
    int socket_ = ends_[0];
    int server_ = ends_[1];
    stream_descriptor newcomer_;
    int newcomers_client_ = -1;
    bool is_newcomer_heard_ = false;
};

awaitable<void> ask(connection& lost, deadline until) {
    const statement asked{.name = "find", .sql = "SELECT 1", .writes = false};
    const parameters none;
    co_await lost.execute(asked, none, until);
}

/// Lives until its server hangs up.
void connect_and_lose(boost::asio::io_context& context, libpq_that_loses_its_socket& libpq) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const auto lost = std::make_shared<connection>(context.get_executor(), libpq.functions());
    tests::run_coroutine(context, lost->connect({}, until));
    libpq.hang_up();
    EXPECT_THROW(tests::run_coroutine(context, ask(*lost, until)), ports::store_error);
    EXPECT_FALSE(lost->is_usable());
}

TEST(connection_losing_its_socket, leaves_the_next_socket_of_that_number_alone) {
    boost::asio::io_context context{1};
    libpq_that_loses_its_socket libpq(context.get_executor());
    connect_and_lose(context, libpq);
    libpq.let_the_client_speak();
    context.restart();
    context.run_for(std::chrono::seconds(10));
    EXPECT_TRUE(libpq.is_newcomer_heard());
}

TEST(connection_losing_its_socket, leaves_no_descriptor_behind) {
    boost::asio::io_context context{1};
    const auto lowest_free = [] {
        const int free = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
        ::close(free);
        return free;
    };
    const auto before = lowest_free();
    for (int round = 0; round < 3; ++round) {
        libpq_that_loses_its_socket libpq(context.get_executor());
        connect_and_lose(context, libpq);
    }
    EXPECT_EQ(lowest_free(), before);
}

}  // namespace
}  // namespace delivery::postgres
