#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "chaos/disk.hpp"
#include "chaos/run.hpp"
#include "support/temp_folder.hpp"

namespace delivery::chaos {
namespace {

constexpr int exit_balanced = 0;
constexpr int exit_unbalanced = 1;
constexpr int exit_usage = 2;
constexpr int exit_of_signal = 128;
constexpr std::size_t megabyte = 1 << 20;
constexpr std::size_t least_disk = 600 * megabyte;
constexpr std::size_t disk_a_minute = 25 * megabyte;

/// SIGINT and SIGTERM as a flag. They are blocked in all threads made after this one.
class interruption {
public:
    interruption() {
        sigemptyset(&signals_);
        for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
            if (!is_ignored(number)) sigaddset(&signals_, number);
        }
        ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
        thread_ = std::jthread([this](const std::stop_token& over) { watch(over); });
    }

    [[nodiscard]] const std::atomic<bool>& flag() const { return is_set_; }
    [[nodiscard]] int signal() const { return signal_; }

private:
    // As nohup has it.
    static bool is_ignored(int number) {
        struct sigaction now{};
        return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
    }

    void watch(const std::stop_token& over) {
        const timespec wait{.tv_sec = 0, .tv_nsec = 100'000'000};
        while (!over.stop_requested() && !is_set_) {
            if (const int number = ::sigtimedwait(&signals_, nullptr, &wait); number > 0) {
                signal_ = number;
                is_set_ = true;
                fmt::print(stderr, "==> interrupted: taking everything down\n");
            }
        }
    }

    sigset_t signals_{};
    std::atomic<bool> is_set_ = false;
    std::atomic<int> signal_ = 0;
    std::jthread thread_;
};

std::optional<std::string> find_faketime() {
    for (const auto& folder : std::filesystem::directory_iterator("/usr/lib")) {
        const auto library = folder.path() / "faketime/libfaketimeMT.so.1";
        if (std::filesystem::exists(library)) return library;
    }
    return std::nullopt;
}

int report(const options& asked, const run_result& result, const std::filesystem::path& folder) {
    const auto balance = draw_ledger(result.found);
    fmt::print("{}", to_table(result.facts, result.found, balance));
    std::fflush(stdout);
    if (!asked.json_file.empty())
        tests::write_file(asked.json_file, to_json(result.facts, result.found, balance));
    if (balance.is_balanced()) return exit_balanced;
    tests::write_file(folder / "ledger.json", to_json(result.facts, result.found, balance));
    fmt::print(stderr, "Logs, diary of faults and ledger are kept in {}\nThe same faults again: --seed {}\n",
               folder.string(), asked.seed);
    return exit_unbalanced;
}

// Comes with what the machine does not allow, and why.
deployment_options look_around(const options& asked, const std::expected<void, std::string>& mounts,
                               std::map<fault_kind, std::string>& skipped) {
    deployment_options place{.folder = tests::make_temp_folder()};
    const auto minutes = static_cast<std::size_t>(asked.length / std::chrono::minutes(1)) + 1;
    if (mounts) {
        place.disk_bytes = least_disk + disk_a_minute * minutes;
    } else {
        skipped[fault_kind::fill_disk] = mounts.error();
    }
    place.faketime_library = find_faketime();
    if (!place.faketime_library) skipped[fault_kind::skew_clock] = "needs the package faketime";
    return place;
}

int play(const options& asked) {
    const auto mounts = enter_private_mounts();
    const interruption stopped;
    std::map<fault_kind, std::string> skipped;
    const auto place = look_around(asked, mounts, skipped);
    int code = exit_unbalanced;
    try {
        const auto result = run(asked, place, skipped, stopped.flag());
        if (!stopped.flag()) code = report(asked, result, place.folder);
    } catch (const std::exception& reason) {
        if (!stopped.flag())
            fmt::print(stderr, "error: {}\nLogs are kept in {}\n", reason.what(), place.folder.string());
    }
    if (stopped.flag()) code = exit_of_signal + stopped.signal();
    if (code != exit_unbalanced) std::filesystem::remove_all(place.folder);
    return code;
}

int main_of(std::span<const char* const> arguments) {
    const auto asked = parse_options(arguments);
    if (!asked) {
        fmt::print(stderr, "error: {}\n", asked.error());
        return exit_usage;
    }
    if (asked->wants_help) {
        fmt::print("{}", usage());
        return exit_balanced;
    }
    return play(*asked);
}

}  // namespace
}  // namespace delivery::chaos

int main(int count, char** values) {
    try {
        return delivery::chaos::main_of({values + 1, static_cast<std::size_t>(count - 1)});
    } catch (const std::exception& reason) {
        fmt::print(stderr, "error: {}\n", reason.what());
        return 1;
    }
}
