#include "rabbitmq/connection_thread.hpp"

#include <algorithm>
#include <random>

#include <pthread.h>
#include <signal.h>

#include "core/backoff.hpp"
#include "rabbitmq/connection.hpp"
#include "rabbitmq/topology.hpp"

namespace delivery::rabbitmq {
namespace {

constexpr core::backoff::limits reconnect_waits{.first = std::chrono::milliseconds(100),
                                                .most = std::chrono::seconds(5)};
/// Only a person can mend a topology that does not fit.
constexpr ports::duration misdeclared_wait = std::chrono::seconds(15);

/// A thread that takes no signals: they are for the threads that wait for them.
std::thread start_quiet_thread(const std::string& name, std::function<void()> body) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread result(std::move(body));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_setname_np(result.native_handle(), name.c_str());
    return result;
}

}  // namespace

connection_thread::connection_thread(const options& settings, std::string_view part, connection_user& user,
                                     link_status& status, ports::clock& clock)
    : settings_(settings), part_(part), user_(user), status_(status), clock_(clock) {
    thread_ = start_quiet_thread("bus " + part_, [this] { loop(); });
}

connection_thread::~connection_thread() {
    if (!is_finishing()) finish(std::chrono::milliseconds(0));
    join();
}

void connection_thread::finish(std::chrono::milliseconds patience) {
    finish_by_ = clock_.monotonic() + patience;
    event_.signal();
}

void connection_thread::join() {
    if (!thread_.joinable()) return;
    // Usually the thread ends by itself. A call that hangs because the broker does is ended for it.
    const auto grace = std::chrono::milliseconds(500);
    while (!ended_ && clock_.monotonic() < finish_by_.load() + grace) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (!ended_) socket_guard_.interrupt();
    thread_.join();
}

void connection_thread::loop() {
    core::backoff waits(reconnect_waits, std::random_device{}());
    while (!is_finishing()) {
        ports::duration wait{0};
        try {
            connection link(settings_, part_, socket_guard_);
            const auto limited = declare_topology(link, unlimited_on(link.broker_version()));
            user_.connected(link);
            status_.up();
            if (!limited.empty()) status_.limited(limited);
            waits.reset();
            serve(link);
        } catch (const connection_error& error) {
            status_.down(error.what(), error.is_misdeclared());
            wait = error.is_misdeclared() ? misdeclared_wait : waits.next();
        }
        user_.disconnected();
        pause(wait);
    }
    user_.run(nullptr);
    ended_ = true;
}

void connection_thread::serve(connection& link) {
    const ports::duration beat = settings_.heartbeat / 3;
    while (true) {
        // Asked first, so that the user's last run sees everything that it was given before the end.
        const bool is_last = is_finishing();
        const auto next = user_.run(&link);
        if (is_last && (user_.is_drained() || clock_.monotonic() >= finish_by_.load())) break;
        event_.sleep(until(next.at, beat), link.socket(), next.when_writable);
    }
    link.close();
}

ports::duration connection_thread::until(std::optional<ports::instant> time, ports::duration longest) const {
    auto limit = clock_.monotonic() + longest;
    if (time) limit = std::min(limit, *time);
    if (is_finishing()) limit = std::min(limit, finish_by_.load());
    return limit - clock_.monotonic();
}

void connection_thread::pause(ports::duration length) {
    const auto end = clock_.monotonic() + length;
    while (!is_finishing() && clock_.monotonic() < end) {
        const auto next = user_.run(nullptr);
        event_.sleep(until(next.at, end - clock_.monotonic()));
    }
}

}  // namespace delivery::rabbitmq
