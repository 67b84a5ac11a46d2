#pragma once

#include <memory>
#include <string>

#include "cli/blocking.hpp"
#include "cli/command_line.hpp"
#include "cli/database.hpp"
#include "ports/store.hpp"
#include "runtime/json_logger.hpp"
#include "runtime/reactors.hpp"
#include "runtime/system_clock.hpp"

namespace delivery::cli {

/// What a command has that works on the database and ends: a log, a clock, one reactor, and the store.
class command_process {
public:
    /// Brings an SQLite database up to date where it is to be written. Throws `usage_error` where the
    /// database cannot be opened and `work_failed` where it is of no use.
    command_process(const invocation& what, const std::string& name, ports::log_level level, access wanted);

    [[nodiscard]] ports::store& store() { return *store_; }
    [[nodiscard]] executor where() { return reactors_.executor(0); }

    /// Runs a coroutine of the store's to its end.
    template <typename T>
    T run(awaitable<T> work) {
        return block_on(where(), std::move(work));
    }

    void close();

    runtime::system_clock clock;

private:
    std::unique_ptr<runtime::process_logger> logger_;
    runtime::reactor_pool reactors_;
    std::unique_ptr<database> database_;
    std::unique_ptr<ports::store> store_;
};

}  // namespace delivery::cli
