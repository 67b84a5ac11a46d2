#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "chaos/plan.hpp"
#include "support/service.hpp"

namespace delivery::chaos {

/// Two processes of each role, on ports that stay. One that ends is started again, and remembered where
/// nobody told it to end. All processes belong to a thread of this object.
class role_keeper {
public:
    /// `database_urls` has one for each process. With `faketime_library`, each process has a clock of its
    /// own.
    role_keeper(const std::filesystem::path& folder, const std::vector<std::string>& database_urls,
                const std::string& rabbitmq_url, const std::optional<std::string>& faketime_library);
    ~role_keeper();
    role_keeper(const role_keeper&) = delete;
    role_keeper& operator=(const role_keeper&) = delete;

    [[nodiscard]] int port(std::size_t index) const { return slots_.at(index).port; }

    /// kill -9, and nothing in its place for so long.
    void kill(std::size_t index, milliseconds absence);
    void freeze(std::size_t index) { signal(index, SIGSTOP); }
    void thaw(std::size_t index) { signal(index, SIGCONT); }
    /// Sets the process's clock so many seconds off; it holds after a restart, too.
    void skew(std::size_t index, int seconds) const;

    /// Waits until every process says that it is ready, or `stop` is set; names those that are not by then.
    std::vector<std::string> await_ready(milliseconds limit, const std::atomic<bool>& stop);

    /// Has every process end in order. Those that do not exit 0 in time count as unexpected.
    void stop();

    [[nodiscard]] std::vector<std::string> unexpected_exits() const;

private:
    using clock = std::chrono::steady_clock;

    struct slot {
        std::string name;
        std::filesystem::path folder;
        std::string role;
        int port = 0;
        tests::environment variables;
        std::unique_ptr<tests::service> process;
        clock::time_point not_before;
        bool was_killed = false;
    };

    void keep();
    void look_after(slot& each);
    void end_all();
    static void end(slot& each);
    void signal(std::size_t index, int number);

    mutable std::mutex mutex_;
    std::vector<slot> slots_;
    std::vector<std::string> unexpected_exits_;
    std::atomic<bool> is_stopping_ = false;
    std::jthread thread_;
};

}  // namespace delivery::chaos
