#include "simulation/simulation.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <ranges>

namespace delivery::simulation {
namespace {

using namespace std::chrono_literals;

constexpr ports::duration trouble_time = 8s;
/// Virtual time to come to rest in, once all is healed.
constexpr ports::duration rest_time_max = 40s;
constexpr ports::duration trouble_interval_max = 600ms;
constexpr ports::duration outage_max = 3s;
constexpr ports::duration freeze_max = 7s;
constexpr ports::duration restart_max = 2s;
constexpr std::int64_t skew_max_us = 5'000'000;
/// The first of the relays' slots, after the one of the API.
constexpr std::size_t first_relay = 1;

class simulation {
public:
    simulation(std::uint64_t seed, sabotage broken, weather outside) : world_(seed, broken, outside) {
        draw_conditions();
        add_slots(1, make_api);
        const auto relays = 1 + world_.draw(3);
        add_slots(relays, make_relay);
        const auto workers = 1 + world_.draw(3);
        add_slots(workers, make_worker);
        // The others must do without these, for ever.
        if (!world_.is_calm && relays > 1 && world_.draw(4) == 0) without_bus_ = first_relay;
        if (!world_.is_calm && workers > 1 && world_.draw(4) == 0) without_store_ = first_relay + relays;
        for (std::size_t i = 0; i < slots_.size(); ++i) start(i);
        if (!world_.is_calm) plan_disturbance();
        world_.time.after(trouble_time, [this] { heal(); });
    }

    ~simulation() { world_.time.clear(); }
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;

    outcome run() {
        const auto give_up_at = ports::instant{} + trouble_time + rest_time_max;
        run_processes();
        while (!is_at_rest() && world_.time.monotonic() < give_up_at) {
            world_.time.step();
            run_processes();
        }
        outcome result{.faults = find_faults(world_),
                       .orders = world_.database.orders.size(),
                       .acknowledged = world_.clients.acknowledged.size(),
                       .messages = world_.broker.wire.size(),
                       .disturbances = disturbances_,
                       .trace = digest()};
        if (!is_at_rest()) result.faults.emplace_back("does not come to rest");
        return result;
    }

private:
    /// A process of one role, or the time between two of them.
    struct slot {
        std::function<std::unique_ptr<process>(world&)> make;
        std::unique_ptr<process> running;
    };

    void draw_conditions() {
        const auto chance = [this](std::uint64_t most) { return static_cast<int>(world_.draw(most + 1)); };
        world_.clients.orders_left = 5 + chance(25);
        const bool is_at_once = world_.draw(3) == 0;
        world_.durations = {.picking = 1ms * (is_at_once ? 0 : chance(400)),
                            .transit = 1ms * (is_at_once ? 0 : chance(900))};
        if (!world_.is_calm) draw_faults();
        world_.broker.faults.confirms_unseen = world_.broken == sabotage::confirms_unseen;
    }

    void draw_faults() {
        const auto chance = [this](std::uint64_t most) { return static_cast<int>(world_.draw(most + 1)); };
        auto& store = world_.network.faults;
        store = {.slow = chance(30),
                 .request_lost = chance(60),
                 .conflict = chance(40),
                 .answer_lost = chance(60),
                 .answer_too_soon = chance(30)};
        auto& bus = world_.broker.faults;
        bus = {.cut = chance(80),
               .confirm_lost = chance(80),
               .refused = chance(40),
               .returned = chance(40),
               .late = chance(40),
               .acknowledge_lost = chance(80),
               .dead_letter_failed = chance(300)};
        // Only announcing orders again finds these; elsewhere nothing may depend on that.
        if (world_.draw(5) == 0) {
            bus.forgotten = chance(200);
            world_.redrive_after = 4s;
        }
    }

    void add_slots(std::uint64_t count, std::unique_ptr<process> (*make)(world&)) {
        for (std::uint64_t i = 0; i < count; ++i) slots_.push_back({.make = make, .running = nullptr});
    }

    void start(std::size_t number) {
        auto& place = slots_[number];
        if (place.running) return;
        place.running = place.make(world_);
        if (number == without_bus_) place.running->cut_off_bus(true);
        if (number == without_store_) place.running->cut_off(true);
    }

    void run_processes() {
        bool is_busy = true;
        while (is_busy) {
            is_busy = false;
            for (auto& place : slots_) {
                if (place.running && place.running->run()) is_busy = true;
            }
        }
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (!slots_[i].running || !slots_[i].running->has_ended()) continue;
            bury(i);
            start_later(i);
        }
    }

    /// The dead are kept: answers to them are still under way.
    void bury(std::size_t number) {
        slots_[number].running->kill();
        dead_.push_back(std::move(slots_[number].running));
    }

    void start_later(std::size_t number) {
        world_.time.after(world_.draw_time(restart_max), [this, number] { start(number); });
    }

    void plan_disturbance() {
        world_.time.after(world_.draw_time(trouble_interval_max), [this] {
            if (is_healed_) return;
            disturb();
            plan_disturbance();
        });
    }

    void disturb() {
        ++disturbances_;
        const auto number = world_.draw(slots_.size());
        auto* chosen = slots_[number].running.get();
        switch (world_.draw(chosen == nullptr ? 3 : 14)) {
            case 0: take_down_store(); break;
            case 1: take_down_broker(); break;
            case 2: world_.broker.break_connections(); break;
            case 3: chosen->set_skew(draw_skew()); break;
            case 4:
            case 5: chosen->stop(); break;
            case 6:
            case 7: freeze(*chosen); break;
            case 8:
            case 9: cut(number, &process::cut_off, without_store_); break;
            case 10:
            case 11: cut(number, &process::cut_off_bus, without_bus_); break;
            default: bury(number); start_later(number);
        }
    }

    void take_down_store() {
        world_.network.faults.is_down = true;
        world_.time.after(world_.draw_time(outage_max), [this] { world_.network.faults.is_down = false; });
    }

    void take_down_broker() {
        world_.broker.go_down();
        world_.time.after(world_.draw_time(outage_max), [this] { world_.broker.come_up(); });
    }

    /// Cuts off a process for a while, unless it is the one that is cut off for ever.
    void cut(std::size_t number, void (process::*cut_off)(bool), std::optional<std::size_t> for_ever) {
        if (number == for_ever) return;
        auto& chosen = *slots_[number].running;
        (chosen.*cut_off)(true);
        world_.time.after(world_.draw_time(outage_max), [&chosen, cut_off] { (chosen.*cut_off)(false); });
    }

    void freeze(process& chosen) {
        chosen.freeze();
        world_.time.after(world_.draw_time(freeze_max), [&chosen] { chosen.thaw(); });
    }

    std::chrono::microseconds draw_skew() {
        return std::chrono::microseconds(static_cast<std::int64_t>(world_.draw(2 * skew_max_us)) -
                                         skew_max_us);
    }

    void heal() {
        is_healed_ = true;
        world_.network.faults = {};
        world_.broker.heal();
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            auto* const running = slots_[i].running.get();
            if (running == nullptr) continue;
            running->thaw();
            running->cut_off(i == without_store_);
            running->cut_off_bus(i == without_bus_);
        }
    }

    [[nodiscard]] bool is_at_rest() const { return is_healed_ && nothing_is_left(world_); }

    [[nodiscard]] std::uint64_t digest() const {
        std::uint64_t sum = static_cast<std::uint64_t>(world_.time.monotonic().time_since_epoch().count());
        const auto add = [&sum](std::uint64_t value) { sum = (sum ^ value) * 0x100000001b3ULL; };
        const std::hash<domain::uuid> hash;
        for (const auto& event : world_.broker.wire) add(hash(event.id));
        for (const auto& [id, history] : world_.database.events) {
            for (const auto& stored : history | std::views::values) {
                add(hash(stored.event.id));
                add(static_cast<std::uint64_t>(stored.event.recorded_at.time_since_epoch().count()));
            }
        }
        return sum;
    }

    world world_;
    std::vector<std::unique_ptr<process>> dead_;
    std::vector<slot> slots_;
    std::optional<std::size_t> without_bus_;
    std::optional<std::size_t> without_store_;
    std::size_t disturbances_ = 0;
    bool is_healed_ = false;
};

}  // namespace

outcome simulate(std::uint64_t seed, sabotage broken, weather outside) {
    return simulation(seed, broken, outside).run();
}

}  // namespace delivery::simulation
