#pragma once

#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>

#include "core/store_caller.hpp"
#include "ports/store.hpp"
#include "simulation/world.hpp"

namespace delivery::simulation {

/// One process: a thread of its own, as a context that is run only while the process is not frozen, and a
/// clock of its own, which may be wrong. Killed, nothing that it has begun goes on, but what it has sent
/// arrives.
class process {
public:
    explicit process(world& in);
    virtual ~process();
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    /// Does whatever can be done now; answers whether there was anything.
    bool run();
    /// Does one thing, where there is one to do.
    bool run_one();

    void kill();
    void freeze() { is_frozen_ = true; }
    void thaw() { is_frozen_ = false; }
    /// Lets nothing of it through to the store, or everything again.
    void cut_off(bool is_cut_off) { is_cut_off_ = is_cut_off; }
    /// Lets nothing that it publishes through to the broker, or everything again. It may know that or not.
    virtual void cut_off_bus(bool /*is_cut_off*/) {}
    void set_skew(std::chrono::microseconds skew) { clock_.set_skew(skew); }

    /// Asks it to end by itself; `has_ended` once it has.
    virtual void stop() = 0;
    [[nodiscard]] bool has_ended() const { return has_ended_; }

protected:
    [[nodiscard]] executor where() { return context_->get_executor(); }
    [[nodiscard]] core::surroundings around();
    std::unique_ptr<ports::store> open_store();
    void start(awaitable<void> work);
    /// Starts what the process ends with.
    void start_main(awaitable<void> work);
    void do_later(std::function<void()> act);
    /// Lets go of what it has at the servers, as these do when a connection breaks.
    virtual void disconnect() {}

    world& world_;
    tests::simulated_clock clock_;

private:
    void end();

    std::optional<boost::asio::io_context> context_;
    bool is_frozen_ = false;
    bool is_cut_off_ = false;
    bool has_ended_ = false;
};

/// Clients that post orders, each on its own, and the service that they post them to.
std::unique_ptr<process> make_api(world& in);
std::unique_ptr<process> make_relay(world& in);
std::unique_ptr<process> make_worker(world& in);

}  // namespace delivery::simulation
