#include "chaos/run.hpp"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "chaos/clients.hpp"
#include "chaos/collect.hpp"
#include "chaos/faults.hpp"
#include "chaos/observer.hpp"
#include "chaos/recovery.hpp"
#include "chaos/sabotage.hpp"

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto start_limit = 120s;
// What a long run leaves behind takes longer. tests/CMakeLists.txt has a limit that lies beyond this.
constexpr auto least_patience = 20min;
constexpr int patience_per_length = 2;
constexpr auto look_interval = 500ms;
constexpr std::size_t most_of_audit = 2000;

void say(const std::string& text) { fmt::print(stderr, "==> {}\n", text); }

class chaos_run {
public:
    chaos_run(const options& asked, const deployment_options& place, const std::atomic<bool>& stop)
        : asked_(asked),
          stop_(stop),
          folder_(place.folder),
          deployed_(place),
          observer_(deployed_.broker().url()) {}

    run_result take(std::map<fault_kind, std::string> skipped) {
        run_result result;
        result.facts.seed = asked_.seed;
        result.facts.sabotage = asked_.sabotage;
        result.found.faults.length = asked_.length;
        result.found.faults.skipped = std::move(skipped);
        try {
            start();
            if (!stop_) make_trouble(result.found);
            if (!stop_) result.found.is_still_moving = !settle();
            if (!stop_) collect(result.found);
        } catch (const std::exception&) {
            deployed_.keep_logs();
            throw;
        }
        deployed_.keep_logs();
        return result;
    }

private:
    void start() {
        const auto unready = deployed_.roles().await_ready(start_limit, stop_);
        if (!unready.empty() && !stop_)
            throw std::runtime_error(fmt::format("not ready at the start: {}", fmt::join(unready, ", ")));
    }

    void make_trouble(evidence& found) {
        std::set<fault_kind> left_out;
        for (const auto& [kind, why] : found.faults.skipped) left_out.insert(kind);
        const auto plan = draw_plan(asked_.seed, asked_.length, left_out);
        fault_maker faults(deployed_, folder_ / "diary");
        client_crowd clients(deployed_.api_ports(), deployed_.database().successions(), asked_.seed);
        const auto end = clock::now() + asked_.length;
        {
            std::vector<std::jthread> lanes;
            for (const auto& lane : plan) lanes.emplace_back([&] { faults.run_lane(lane, end, stop_); });
            if (!asked_.sabotage.empty()) sabotage(asked_.sabotage, deployed_, clients);
        }
        if (!stop_) heal(faults);
        clients.stop();
        found.clients = clients.take_record();
        found.faults.made = faults.made();
        for (const auto kind : all_fault_kinds()) {
            if (!left_out.contains(kind)) found.faults.made.try_emplace(kind, 0);
        }
        found.faults.failed = faults.failed();
    }

    // Clients go on until everybody is well again, which ends the last spell of unavailability.
    void heal(fault_maker& faults) {
        say("healing");
        faults.heal_all();
        const auto unready = deployed_.roles().await_ready(start_limit, stop_);
        if (!unready.empty()) say(fmt::format("not ready after healing: {}", fmt::join(unready, ", ")));
    }

    // Until nothing is under way, or the rest stands still; false where it still moved when patience ended.
    bool settle() {
        say("waiting until it is quiet");
        recovery_watch watch(clock::now(), least_patience + patience_per_length * asked_.length);
        auto state = recovery::under_way;
        while (state == recovery::under_way && !stop_) {
            std::this_thread::sleep_for(look_interval);
            state =
                watch.look(measure_remainder(*deployed_.database().open(), observer_.events()), clock::now());
        }
        return state != recovery::out_of_patience;
    }

    // From roles that have ended: what still moves could not be read as of one moment.
    void collect(evidence& found) {
        deployed_.roles().stop();
        found.unexpected_exits = deployed_.roles().unexpected_exits();
        say("drawing up the ledger");
        collect_stored(*deployed_.database().open(), found);
        const auto audit = deployed_.run({"audit"});
        if (audit.status.code != 0)
            found.audit = fmt::format("exit {}: {}{}", audit.status.code,
                                      audit.output.substr(0, most_of_audit), audit.errors);
        found.wire = observer_.take_record();
        found.dead_letters = collect_dead_letters(deployed_.broker().url());
    }

    const options& asked_;
    const std::atomic<bool>& stop_;
    std::filesystem::path folder_;
    deployment deployed_;
    observer observer_;
};

}  // namespace

run_result run(const options& asked, const deployment_options& place,
               std::map<fault_kind, std::string> skipped, const std::atomic<bool>& stop) {
    say(fmt::format("chaos seed {}, {:.1f} minutes; work folder {}", asked.seed,
                    static_cast<double>(asked.length.count()) / 60'000, place.folder.string()));
    return chaos_run(asked, place, stop).take(std::move(skipped));
}

}  // namespace delivery::chaos
