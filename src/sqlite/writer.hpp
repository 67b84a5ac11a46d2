#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "ports/logger.hpp"
#include "sqlite/call_queue.hpp"
#include "sqlite/connection.hpp"

namespace delivery::sqlite {

/// The one connection that writes. Group commit: all calls that wait become one transaction, each in a
/// savepoint of its own, so that one that fails takes no other with it. Used by one thread.
class writer {
public:
    /// Opens the file, which becomes a write-ahead-log database if it is not one yet. `max_pages` bounds its
    /// size (0: only the disk does).
    writer(const std::string& path, std::chrono::milliseconds busy_timeout, std::int64_t max_pages,
           ports::logger& log);

    /// Serves the queue until it is closed and empty.
    void serve(call_queue& queue);

    /// Moves the whole write-ahead log into the file and empties it, as far as readers let it.
    void finish();

private:
    void run_group(std::span<call> group, std::vector<std::exception_ptr>& errors);
    void run_one(call& next, std::exception_ptr& error);
    void commit();
    void checkpoint_if_long();

    connection db_;
    std::chrono::milliseconds busy_timeout_;
    ports::logger& log_;
    std::int64_t next_checkpoint_;
};

}  // namespace delivery::sqlite
