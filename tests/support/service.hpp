#pragma once

#include <sys/types.h>

#include <boost/json/fwd.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/child.hpp"

namespace delivery::tests {

using environment = std::map<std::string, std::string>;

/// The program under test: $DELIVERY_BINARY, or the one of this build.
std::string delivery_program();

/// A free port of 127.0.0.1, below those that the system gives to clients; nobody else is told it within this
/// process.
int free_port();

/// Runs `delivery` with these arguments to its end, with nothing in its environment but what is given.
command_result run_delivery(std::vector<std::string> arguments, const environment& variables = {},
                            std::chrono::milliseconds limit = std::chrono::seconds(30));

/// The same, in a given folder.
command_result run_delivery_in(const std::filesystem::path& folder, std::vector<std::string> arguments,
                               const environment& variables = {},
                               std::chrono::milliseconds limit = std::chrono::seconds(30));

/// A running `delivery` service. Listens on 127.0.0.1 on any free port, unless the variables say otherwise.
class service {
public:
    service(const std::filesystem::path& folder, std::vector<std::string> arguments,
            environment variables = {});

    [[nodiscard]] pid_t pid() const { return process_->pid(); }
    void signal(int number) const { process_->signal(number); }
    [[nodiscard]] bool is_running() { return process_->is_running(); }

    /// Waits for the end; nothing where it still runs after `limit`.
    std::optional<exit_status> wait(std::chrono::milliseconds limit = std::chrono::seconds(20));

    /// Signals SIGTERM and waits for the end.
    std::optional<exit_status> terminate(std::chrono::milliseconds limit = std::chrono::seconds(15));

    /// The port that it says it listens on. Waits for that; throws with its log where it ends or says
    /// nothing.
    int port(std::chrono::milliseconds limit = std::chrono::seconds(30));

    /// Waits until `/readyz` is 200, which is also true of a degraded service.
    void await_ready(std::chrono::milliseconds limit = std::chrono::seconds(30));

    /// Everything that it has logged, and what it wrongly wrote to stdout.
    [[nodiscard]] std::string log() const;
    [[nodiscard]] std::string output() const;

    /// The lines of the log as JSON; throws, naming the line, where one is not.
    [[nodiscard]] std::vector<boost::json::object> log_lines() const;

private:
    std::filesystem::path error_file_;
    std::filesystem::path output_file_;
    std::unique_ptr<child> process_;
    int port_ = 0;
};

}  // namespace delivery::tests
