#include <array>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulation/process.hpp"
#include "simulation/simulation.hpp"

// The same few orders again and again, each time with the next call on store or bus going wrong.
namespace delivery::simulation {
namespace {

using tests::crossing;
using namespace std::chrono_literals;

/// What happens to the call of this number, counted from 1.
struct mishap {
    std::size_t at = 0;
    crossing fault = crossing::safe;
    bool kills_caller = false;
};

class scenario {
public:
    scenario(mishap planned, domain::stage_durations durations) : planned_(planned) {
        world_.clients.orders_left = 3;
        world_.durations = durations;
        world_.network.guard = [this] { return cross(); };
        world_.broker.guard = [this] { return cross(); };
        for (auto* make : {make_api, make_relay, make_worker}) {
            make_.push_back(make);
            running_.push_back(make(world_));
        }
    }
    ~scenario() { world_.time.clear(); }
    scenario(const scenario&) = delete;
    scenario& operator=(const scenario&) = delete;

    /// Runs until nothing is left to do; answers what is wrong then.
    std::vector<std::string> run() {
        run_processes();
        while (!nothing_is_left(world_) && world_.time.monotonic() < ports::instant{} + 60s) {
            world_.time.step();
            run_processes();
        }
        auto faults = find_faults(world_);
        if (!nothing_is_left(world_)) faults.emplace_back("does not come to rest");
        return faults;
    }

    [[nodiscard]] bool has_met_its_mishap() const { return calls_ >= planned_.at; }

private:
    crossing cross() {
        if (++calls_ != planned_.at) return crossing::safe;
        is_caller_doomed_ = planned_.kills_caller;
        return planned_.fault;
    }

    void run_processes() {
        bool is_busy = true;
        while (is_busy) {
            is_busy = false;
            for (std::size_t i = 0; i < running_.size(); ++i) {
                while (running_[i] && running_[i]->run_one()) {
                    is_busy = true;
                    if (std::exchange(is_caller_doomed_, false)) replace(i);
                }
            }
        }
    }

    void replace(std::size_t number) {
        running_[number]->kill();
        dead_.push_back(std::move(running_[number]));
        world_.time.after(500ms, [this, number] { running_[number] = make_[number](world_); });
    }

    world world_{1, sabotage::none};
    mishap planned_;
    std::size_t calls_ = 0;
    bool is_caller_doomed_ = false;
    std::vector<std::unique_ptr<process> (*)(world&)> make_;
    std::vector<std::unique_ptr<process>> dead_;
    std::vector<std::unique_ptr<process>> running_;
};

struct step_case {
    const char* name;
    crossing fault;
    bool kills_caller;
    domain::stage_durations durations;
};

class every_step : public testing::TestWithParam<step_case> {};

TEST_P(every_step, may_fail) {
    std::size_t at = 0;
    for (bool is_met = true; is_met;) {
        const mishap planned{.at = ++at, .fault = GetParam().fault, .kills_caller = GetParam().kills_caller};
        scenario tried(planned, GetParam().durations);
        const auto faults = tried.run();
        is_met = tried.has_met_its_mishap();
        EXPECT_TRUE(faults.empty()) << "at call " << at << ": " << fmt::format("{}", fmt::join(faults, "\n"));
        ASSERT_LT(at, 2000U) << "the scenario does not end";
    }
    EXPECT_GT(at, 30U);
}

constexpr domain::stage_durations at_once{.picking = 0ms, .transit = 0ms};
constexpr domain::stage_durations by_timer{.picking = 100ms, .transit = 200ms};

INSTANTIATE_TEST_SUITE_P(
    simulation, every_step,
    testing::Values(step_case{"before_its_effect", crossing::request_lost, false, at_once},
                    step_case{"after_its_effect", crossing::answer_lost, false, at_once},
                    step_case{"before_a_timers_effect", crossing::request_lost, false, by_timer},
                    step_case{"after_a_timers_effect", crossing::answer_lost, false, by_timer},
                    step_case{"and_kill_its_caller_before", crossing::request_lost, true, at_once},
                    step_case{"and_kill_its_caller_after", crossing::safe, true, at_once},
                    step_case{"and_kill_its_caller_before_with_timers", crossing::request_lost, true,
                              by_timer},
                    step_case{"and_kill_its_caller_after_with_timers", crossing::safe, true, by_timer}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace delivery::simulation
