#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace delivery::tests {

/// How a program is to be started. `environment` is all that it gets.
struct child_options {
    std::vector<std::string> command;  ///< The program's path, then its arguments.
    std::map<std::string, std::string> environment;
    std::filesystem::path folder;       ///< Where it runs.
    std::filesystem::path output_file;  ///< Gets what it writes to stdout.
    std::filesystem::path error_file;   ///< Gets what it writes to stderr, appended.
};

/// How a process ended: by its own exit code, or by a signal.
struct exit_status {
    int code = -1;
    int signal = 0;

    friend bool operator==(const exit_status&, const exit_status&) = default;
};

/// A process of ours, killed with this object or with the thread that started it, whichever goes first.
class child {
public:
    explicit child(const child_options& options);
    ~child();
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// Sends a signal; nothing happens where the process has ended.
    void signal(int number) const;

    /// Waits for the end, at most for `limit`; nothing where the process still runs then.
    std::optional<exit_status> wait(std::chrono::milliseconds limit);

    [[nodiscard]] bool is_running();

private:
    pid_t pid_ = -1;
    std::optional<exit_status> ended_;
};

struct command_result {
    exit_status status;
    std::string output;
    std::string errors;
};

/// Runs a program to its end with our own environment and the given additions; throws where it takes longer.
command_result run_command(std::vector<std::string> command, std::chrono::milliseconds limit,
                           const std::map<std::string, std::string>& more_environment = {});

}  // namespace delivery::tests
