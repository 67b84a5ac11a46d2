#include "cli/roles.hpp"

#include <memory>

#include <boost/asio/post.hpp>

#include "core/coalesced_order_service.hpp"
#include "core/spawn.hpp"

namespace delivery::cli {
namespace {

/// Nobody but this process writes its SQLite file, and it says so; on a server, other processes write too.
ports::duration idle_poll_of(const runtime::configuration& settings) {
    return settings.uses_postgres() ? std::chrono::milliseconds(10) : std::chrono::milliseconds(200);
}

core::relay_options relay_options_of(const runtime::configuration& settings, const ports::bus& bus) {
    core::relay_options options;
    options.idle_poll = idle_poll_of(settings);
    options.redrive_after = settings.redrive_after;
    options.find_bus_fault = [&bus] { return bus.find_fault(); };
    return options;
}

core::auditor_options auditor_options_of(const runtime::configuration& settings) {
    core::auditor_options options;
    options.interval = settings.audit_interval;
    return options;
}

core::worker_options worker_options_of(const runtime::configuration& settings, relay_bell& bell) {
    core::worker_options options;
    options.durations = settings.stages;
    options.on_outbox_written = [&bell] { bell.ring(); };
    return options;
}

/// An SQLite file has one process, whose relay is always the same one: after a crash it has its own leases
/// still.
ports::relay_identity make_identity(process& in, const ports::bus& bus) {
    const auto owner =
        in.settings.uses_postgres() ? domain::uuid_generator().next(in.clock.now()) : domain::uuid{};
    return {.owner = owner, .bus = bus.name()};
}

/// Runs what a role does, and tells its end.
std::future<void> run(const executor& where, awaitable<void> work) {
    auto ended = std::make_shared<std::promise<void>>();
    auto future = ended->get_future();
    core::spawn(where, std::move(work), [ended] { ended->set_value(); });
    return future;
}

/// What a batch in the works may take to end by itself.
constexpr std::chrono::seconds end_patience{5};

// A publisher waits for as long as the broker accepts no messages, which may be for hours. A process that
// ends does not: what is closed on it stays pending.
void await_end(std::future<void>& ended, ports::bus& bus) {
    if (ended.wait_for(end_patience) != std::future_status::ready) bus.close();
    ended.get();
}

template <typename Role>
void stop_on(const executor& where, Role& role) {
    boost::asio::post(where, [&role] { role.stop(); });
}

}  // namespace

void relay_bell::ring() {
    auto* const relay = relay_.load();
    if (relay == nullptr || is_rung_.exchange(true)) return;
    boost::asio::post(where_, [this, relay] {
        is_rung_ = false;
        relay->wake();
    });
}

void relay_bell::connect(executor where, core::relay& relay) {
    where_ = std::move(where);
    relay_ = &relay;
}

api_lane::api_lane(process& in, std::size_t reactor, database& stored, relay_bell& bell)
    : reactor_(reactor), store_(stored.make_store(in.reactors.executor(reactor))) {
    core::order_service_options options;
    options.request_timeout = in.settings.request_timeout;
    options.on_outbox_written = [&bell] { bell.ring(); };
    orders_ = core::make_order_service(in.around(reactor), *store_, std::move(options));
}

relay_role::relay_role(process& in, std::size_t reactor, ports::store& store, ports::bus& bus,
                       relay_bell& bell)
    : where_(in.reactors.executor(reactor)),
      bus_(bus),
      relay_(in.around(reactor), store, bus.publisher(), make_identity(in, bus),
             relay_options_of(in.settings, bus)),
      auditor_(
          in.around(reactor), store, [this] { return relay_.keeps_house(); },
          auditor_options_of(in.settings)) {
    bell.connect(where_, relay_);
    ended_ = run(where_, relay_.run());
    if (in.settings.audit_interval > std::chrono::milliseconds(0)) {
        audits_ended_ = run(where_, auditor_.run());
    }
}

void relay_role::stop() {
    if (!ended_.valid()) return;
    stop_on(where_, auditor_);
    stop_on(where_, relay_);
    await_end(ended_, bus_);
    if (audits_ended_.valid()) audits_ended_.get();
}

worker_role::worker_role(process& in, std::size_t reactor, ports::store& store, ports::bus& bus,
                         relay_bell& bell)
    : where_(in.reactors.executor(reactor)),
      bus_(bus),
      consumer_(bus.consume(where_)),
      worker_(in.around(reactor), store, *consumer_, worker_options_of(in.settings, bell)) {
    ended_ = run(where_, worker_.run());
}

void worker_role::stop() {
    if (!ended_.valid()) return;
    stop_on(where_, worker_);
    await_end(ended_, bus_);
    consumer_.reset();
}

}  // namespace delivery::cli
