#include "chaos/roles.hpp"

#include <algorithm>
#include <csignal>
#include <ranges>

#include <fmt/format.h>

#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/temp_folder.hpp"

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 20ms;
constexpr auto pause_after_exit = 500ms;
constexpr auto end_limit = 30s;

// What libfaketime leaves behind of a process that was killed.
void remove_faketime_remains(pid_t process) {
    for (const auto* name : {"faketime_shm_", "sem.faketime_sem_"}) {
        std::error_code ignored;
        std::filesystem::remove(fmt::format("/dev/shm/{}{}", name, process), ignored);
    }
}

// Where a process that does not end is waiting, where there is a debugger to ask.
void keep_stacks(pid_t process, const std::filesystem::path& folder) {
    const std::string debugger = "/usr/bin/gdb";
    if (!std::filesystem::exists(debugger)) return;
    const auto stacks = tests::run_command(
        {debugger, "-p", std::to_string(process), "-batch", "-ex", "thread apply all bt"}, 60s);
    tests::write_file(folder / "stacks", stacks.output);
}

std::filesystem::path clock_file(const std::filesystem::path& folder) { return folder / "clock"; }

}  // namespace

role_keeper::role_keeper(const std::filesystem::path& folder, const std::vector<std::string>& database_urls,
                         const std::string& rabbitmq_url,
                         const std::optional<std::string>& faketime_library) {
    for (std::size_t index = 0; index < role_of_process.size(); ++index) {
        const std::string role(role_of_process.at(index));
        auto& each = slots_.emplace_back();
        each.name = fmt::format("{} {}", role, index % 2 + 1);
        each.folder = folder / fmt::format("{}-{}", role, index % 2 + 1);
        each.role = role;
        each.port = tests::free_port();
        std::filesystem::create_directory(each.folder);
        // Redriving would hide a lost message: within a run, nothing may need it.
        each.variables = {{"DATABASE_URL", database_urls.at(index)},
                          {"RABBITMQ_URL", rabbitmq_url},
                          {"APP_PORT", std::to_string(each.port)},
                          {"METRICS_PORT", std::to_string(each.port)},
                          {"PICKING_DURATION", "200ms"},
                          {"TRANSIT_DURATION", "300ms"},
                          {"REDRIVE_AFTER", "240h"},
                          {"STARTUP_TIMEOUT", "15m"},
                          {"THREADS", "2"}};
        if (faketime_library) {
            skew(index, 0);
            each.variables.insert({{"LD_PRELOAD", *faketime_library},
                                   {"FAKETIME_TIMESTAMP_FILE", clock_file(each.folder).string()},
                                   {"FAKETIME_CACHE_DURATION", "1"},
                                   {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                                   {"NO_FAKE_STAT", "1"}});
        }
    }
    thread_ = std::jthread([this] { keep(); });
}

role_keeper::~role_keeper() { stop(); }

void role_keeper::kill(std::size_t index, milliseconds absence) {
    const std::lock_guard lock(mutex_);
    auto& each = slots_.at(index);
    each.not_before = clock::now() + absence;
    if (!each.process) return;
    each.was_killed = true;
    each.process->signal(SIGKILL);
}

void role_keeper::signal(std::size_t index, int number) {
    const std::lock_guard lock(mutex_);
    if (auto& process = slots_.at(index).process) process->signal(number);
}

// Renamed into place, so that it is never read half written.
void role_keeper::skew(std::size_t index, int seconds) const {
    const auto file = clock_file(slots_.at(index).folder);
    auto draft = file;
    draft += ".new";
    tests::write_file(draft, fmt::format("{:+}\n", seconds));
    std::filesystem::rename(draft, file);
}

std::vector<std::string> role_keeper::await_ready(milliseconds limit, const std::atomic<bool>& stop) {
    std::vector<std::string> unready;
    tests::eventually(
        limit,
        [&] {
            unready.clear();
            for (const auto& each : slots_) {
                const auto answer = tests::try_http_request(each.port, "GET", "/readyz");
                if (!answer || answer->status != 200) unready.push_back(each.name);
            }
            return unready.empty() || stop;
        },
        100ms);
    return unready;
}

void role_keeper::keep() {
    while (!is_stopping_) {
        {
            const std::lock_guard lock(mutex_);
            for (auto& each : slots_) look_after(each);
        }
        std::this_thread::sleep_for(look_interval);
    }
    const std::lock_guard lock(mutex_);
    end_all();
}

void role_keeper::look_after(slot& each) {
    if (each.process && !each.process->is_running()) {
        const auto status = each.process->wait(0ms).value();
        if (!std::exchange(each.was_killed, false)) {
            unexpected_exits_.push_back(
                fmt::format("{} ended by itself: exit {}, signal {}", each.name, status.code, status.signal));
            each.not_before = clock::now() + pause_after_exit;
        }
        end(each);
    }
    if (!each.process && clock::now() >= each.not_before)
        each.process = std::make_unique<tests::service>(each.folder, std::vector{each.role}, each.variables);
}

void role_keeper::end_all() {
    for (const auto& each : slots_) {
        if (!each.process) continue;
        each.process->signal(SIGTERM);
        each.process->signal(SIGCONT);
    }
    for (auto& each : slots_) {
        if (!each.process || each.was_killed) continue;
        const auto status = each.process->wait(end_limit);
        if (!status) {
            unexpected_exits_.push_back(each.name + " does not end on SIGTERM");
            keep_stacks(each.process->pid(), each.folder);
        } else if (status->code != 0) {
            unexpected_exits_.push_back(fmt::format("{} ended on SIGTERM with exit {}, signal {}", each.name,
                                                    status->code, status->signal));
        }
    }
    for (auto& each : slots_) end(each);
}

void role_keeper::end(slot& each) {
    if (!each.process) return;
    const auto pid = each.process->pid();
    each.process.reset();
    remove_faketime_remains(pid);
}

void role_keeper::stop() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

std::vector<std::string> role_keeper::unexpected_exits() const {
    const std::lock_guard lock(mutex_);
    return unexpected_exits_;
}

}  // namespace delivery::chaos
