#include "cli/service.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <thread>

#include <fmt/format.h>
#include <boost/asio/thread_pool.hpp>

#include "cli/blocking.hpp"
#include "cli/bus.hpp"
#include "cli/exit_status.hpp"
#include "cli/roles.hpp"
#include "cli/startup.hpp"
#include "http/dispatcher.hpp"
#include "http/docs_routes.hpp"
#include "http/order_routes.hpp"
#include "http/server.hpp"
#include "runtime/file_limits.hpp"

namespace delivery::cli {
namespace {

constexpr std::chrono::seconds drain_limit{10};
constexpr std::chrono::seconds join_limit{3};
/// The relay and the worker keep to two reactors: one for the work, one to serve their metrics meanwhile.
constexpr std::size_t single_role_reactors = 2;

runtime::role_set roles_of(command value) {
    switch (value) {
        case command::api: return {runtime::role::api};
        case command::relay: return {runtime::role::relay};
        case command::worker: return {runtime::role::worker};
        default: return runtime::all_roles;
    }
}

std::string name_of(command value) {
    switch (value) {
        case command::api: return "api";
        case command::relay: return "relay";
        case command::worker: return "worker";
        default: return "run";
    }
}

std::size_t reactors_of(const invocation& what) {
    const std::size_t threads = what.settings.threads;
    const bool serves_orders = roles_of(what.command).has(runtime::role::api);
    return serves_orders ? threads : std::min(threads, single_role_reactors);
}

std::uint16_t port_of(const invocation& what) {
    if (what.command == command::relay) return runtime::metrics_port_of(what.settings, runtime::role::relay);
    if (what.command == command::worker)
        return runtime::metrics_port_of(what.settings, runtime::role::worker);
    return what.settings.app_port;
}

/// The running service. Members end in the reverse of their order: the server first, the database last.
class service {
public:
    explicit service(const invocation& what)
        : what_(what),
          roles_(roles_of(what.command)),
          in_(what.settings, roles_, name_of(what.command), reactors_of(what)) {}

    int run() {
        try {
            open();
            check_bus_early();
            serve();
            if (start()) {
                in_.stop.wait();
                send_clients_elsewhere();
            }
            shut_down();
            return in_.stop.exit_status();
        } catch (const usage_error& error) {
            return fail(error, exit_usage);
        } catch (const std::exception& error) {
            return fail(error, exit_failed);
        }
    }

private:
    int fail(const std::exception& error, int exit_status) {
        in_.logger->error("delivery cannot go on", {{"error", std::string_view(error.what())}});
        shut_down();
        return exit_status;
    }

    void open() {
        runtime::raise_file_limit();
        if (what_.command == command::run) migrate_embedded(in_.settings, *in_.logger);
        database_ = open_database(in_.settings, access::write, *in_.logger, in_.clock);
        for (std::size_t i = 0; i < in_.reactors.size(); ++i) lanes_.emplace_back(in_, i, *database_, bell_);
        bus_ = open_bus(in_.settings, name_of(what_.command), *in_.logger, in_.clock, worker_store());
    }

    /// The worker works beside the relay, not on the same reactor where there are two.
    [[nodiscard]] std::size_t worker_reactor() const { return in_.reactors.size() - 1; }
    ports::store& worker_store() { return lanes_[worker_reactor()].store(); }

    void serve() {
        std::vector<http::endpoint> endpoints;
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            health_.emplace_back(lanes_[i].store(), *bus_, in_.metrics, is_stopping_);
            endpoints.push_back(http::to_endpoint(in_.reactors.executor(i), make_dispatcher(i)));
        }
        server_ = http::listen(server_options(), std::move(endpoints), *in_.logger);
        in_.logger->info("listening", {{"address", std::string_view(in_.settings.app_host)},
                                       {"port", std::int64_t{server_->port()}}});
    }

    std::shared_ptr<http::dispatcher> make_dispatcher(std::size_t reactor) {
        auto routes = http::admin_routes(
            health_[reactor], [this] { return in_.metrics.render(); }, renderer_.get_executor());
        if (roles_.has(runtime::role::api)) {
            append(routes, http::order_routes(lanes_[reactor].orders()));
            append(routes, http::docs_routes());
        }
        return std::make_shared<http::dispatcher>(http::router(std::move(routes)), in_.clock, *in_.logger,
                                                  in_.metrics);
    }

    static void append(std::vector<http::route>& routes, std::vector<http::route> more) {
        routes.insert(routes.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
    }

    [[nodiscard]] http::server_options server_options() {
        http::server_options options;
        options.host = in_.settings.app_host;
        options.port = port_of(what_);
        options.connections = in_.settings.limits.connections;
        options.sizes = {.header = in_.settings.limits.header_bytes,
                         .target = in_.settings.limits.target_bytes,
                         .body = in_.settings.limits.body_bytes};
        options.on_turned_away = [this] {
            in_.metrics.request_started();
            in_.metrics.request_finished("other", "unmatched", 503, {});
        };
        return options;
    }

    /// Where the database can be asked already, a wrong bus is told before any request is answered. Where it
    /// cannot, `start` asks it later.
    void check_bus_early() {
        auto& store = lanes_.front().store();
        if (block_on(in_.reactors.executor(0), store.find_fault())) return;
        refuse_other_bus(in_, store, *bus_);
    }

    /// Waits for the database, then lets relay and worker begin. False where a stop was asked for meanwhile.
    bool start() {
        auto& store = lanes_.front().store();
        if (!wait_for_store(in_, store)) return false;
        refuse_other_bus(in_, store, *bus_);
        if (roles_.has(runtime::role::relay)) relay_.emplace(in_, 0, store, *bus_, bell_);
        if (roles_.has(runtime::role::worker)) {
            worker_.emplace(in_, worker_reactor(), worker_store(), *bus_, bell_);
        }
        in_.logger->info("ready", {{"bus", std::string_view(bus_->name())}});
        return true;
    }

    /// A load balancer learns from /readyz that its clients must go to another process, and that takes time.
    /// Requests that come meanwhile are served. Nobody is sent to relay and worker, and after a fault of our
    /// own there is nothing to wait for.
    void send_clients_elsewhere() {
        if (!roles_.has(runtime::role::api) || in_.stop.exit_status() != exit_done) return;
        is_stopping_ = true;
        server_->send_away();
        std::this_thread::sleep_for(in_.settings.drain_delay);
    }

    /// From the outside in: clients first, then the worker, then the relay, then what they stand on.
    void shut_down() {
        is_stopping_ = true;
        in_.logger->info("shutting down");
        if (server_) block_on(in_.reactors.executor(0), server_->drain(drain_limit));
        for (auto& lane : lanes_) block_on(in_.reactors.executor(lane.reactor()), lane.orders().drain());
        if (worker_) worker_->stop();
        if (relay_) relay_->stop();
        for (auto& lane : lanes_) block_on(in_.reactors.executor(lane.reactor()), lane.store().close());
        if (bus_) bus_->close();
        in_.reactors.join(join_limit);
        in_.logger->info("stopped");
    }

    const invocation& what_;
    runtime::role_set roles_;
    process in_;
    boost::asio::thread_pool renderer_{1};
    std::atomic<bool> is_stopping_ = false;
    relay_bell bell_;
    std::unique_ptr<database> database_;
    std::deque<api_lane> lanes_;
    std::unique_ptr<ports::bus> bus_;
    std::deque<readiness> health_;
    std::optional<relay_role> relay_;
    std::optional<worker_role> worker_;
    std::unique_ptr<http::server> server_;
};

}  // namespace

int run_service(const invocation& what) {
    check_roles_have_servers(what);
    return service(what).run();
}

}  // namespace delivery::cli
