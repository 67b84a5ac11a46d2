#include "simulation/process.hpp"

#include <boost/asio/post.hpp>

#include "core/spawn.hpp"
#include "support/memory_store.hpp"

namespace delivery::simulation {

process::process(world& in) : world_(in), clock_(in.time), context_(std::in_place, 1) {}

// Those that have something to disconnect have killed it already, in their own destructors.
process::~process() { end(); }

bool process::run() {
    if (!context_ || is_frozen_) return false;
    context_->restart();
    return context_->poll() > 0;
}

bool process::run_one() {
    if (!context_ || is_frozen_) return false;
    context_->restart();
    return context_->poll_one() > 0;
}

void process::kill() {
    if (!context_) return;
    end();
    disconnect();
}

void process::end() {
    // First the coroutines that wait, then those that are ready; what they use is still there.
    clock_.abandon();
    context_.reset();
}

core::surroundings process::around() {
    return {.where = where(),
            .clock = clock_,
            .logger = world_.logger,
            .metrics = world_.metrics,
            .draw_seed = [&random = world_.random] { return random(); }};
}

std::unique_ptr<ports::store> process::open_store() {
    return tests::make_memory_store(
        world_.database, [this, where = where()](std::string_view call, std::function<void()> effect) {
            return world_.network.carry(clock_, where, is_cut_off_, call, std::move(effect));
        });
}

void process::start(awaitable<void> work) { core::spawn(where(), std::move(work)); }

void process::start_main(awaitable<void> work) {
    core::spawn(where(), std::move(work), [this] { has_ended_ = true; });
}

void process::do_later(std::function<void()> act) {
    if (context_) boost::asio::post(where(), std::move(act));
}

}  // namespace delivery::simulation
