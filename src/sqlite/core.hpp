#pragma once

#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "sqlite/call_queue.hpp"
#include "sqlite/database.hpp"
#include "sqlite/lock_file.hpp"
#include "sqlite/writer.hpp"

namespace delivery::sqlite {

/// The threads of a database and their queues.
class database::core {
public:
    core(const options& how, access mode, ports::logger& log, ports::clock& clock);
    core(const core&) = delete;
    core& operator=(const core&) = delete;
    ~core();

    /// Runs `work` in a transaction on the writer's thread, committed when this comes back. What it refers to
    /// must outlive the call.
    awaitable<void> write(work todo);

    /// Runs `work` in one snapshot on a reader's thread; where it is urgent, before all that wait.
    awaitable<void> read(work todo, urgency how = urgency::usual);

    /// Comes back once no thread holds on to the executor of a caller that has been resumed. Takes
    /// microseconds.
    void wait_for_completions();

    [[nodiscard]] ports::clock& clock() const { return clock_; }
    /// Why the file itself is not what was opened; nothing when it is.
    [[nodiscard]] std::optional<std::string> find_file_fault() const;

private:
    struct file_identity {
        std::uint64_t device = 0;
        std::uint64_t number = 0;
        friend bool operator==(const file_identity&, const file_identity&) = default;
    };

    static std::optional<file_identity> identify(const std::string& path);
    void serve_reads(connection& db);

    options options_;
    ports::clock& clock_;
    std::optional<lock_file> lock_;
    std::optional<writer> writer_;
    std::optional<file_identity> identity_;
    call_queue writes_;
    call_queue reads_;
    std::vector<std::unique_ptr<connection>> readers_;
    std::thread write_thread_;
    std::vector<std::thread> read_threads_;
};

/// `database::core::write` with an answer.
template <typename Work>
awaitable<std::invoke_result_t<Work&, connection&>> write(database::core& core, Work todo) {
    if constexpr (std::is_void_v<std::invoke_result_t<Work&, connection&>>) {
        co_await core.write(std::move(todo));
    } else {
        std::optional<std::invoke_result_t<Work&, connection&>> answer;
        auto keep = [&answer, &todo](connection& db) { answer.emplace(todo(db)); };
        co_await core.write(std::move(keep));
        co_return std::move(*answer);
    }
}

/// `database::core::read` with an answer.
template <typename Work>
awaitable<std::invoke_result_t<Work&, connection&>> read(database::core& core, Work todo,
                                                         urgency how = urgency::usual) {
    std::optional<std::invoke_result_t<Work&, connection&>> answer;
    auto keep = [&answer, &todo](connection& db) { answer.emplace(todo(db)); };
    co_await core.read(std::move(keep), how);
    co_return std::move(*answer);
}

}  // namespace delivery::sqlite
