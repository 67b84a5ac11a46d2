#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "ports/clock.hpp"
#include "ports/logger.hpp"
#include "ports/store.hpp"

namespace delivery::sqlite {

struct options {
    std::string path;
    /// How long a call may wait for its turn, and a read may run; it fails as `unavailable` then.
    std::chrono::milliseconds deadline{5000};
    /// How many calls may wait for the writer, and how many for the readers.
    std::size_t queue_bound = 1024;
    /// The size, in pages of 4 KiB, beyond which the file is as full as a full disk; 0 leaves it to the disk.
    std::int64_t max_pages = 0;
};

/// Why a database cannot be opened, in words for the operator.
class open_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One file, with the thread that writes it and those that read it; shared by all stores of the process and
/// safe to use from any thread. The destructor serves the calls that wait, checkpoints, and gives up the
/// lock; it blocks. The logger and the clock must outlive it.
class database {
public:
    class core;

    explicit database(std::unique_ptr<core> inner);
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    ~database();

    [[nodiscard]] core& inner() const { return *inner_; }

private:
    std::unique_ptr<core> inner_;
};

/// Opens a file for reading and writing, and creates it where there is none, with its folder (both for this
/// user only). Throws `open_error`, also where another process writes the file. The schema is not looked at:
/// see `ports::store::find_fault` and `sqlite::migrator`.
std::shared_ptr<database> open_database(const options& how, ports::logger& log, ports::clock& clock);

/// Opens an existing file for reading, beside a process that may be writing it. Calls that write throw
/// `broken`.
std::shared_ptr<database> open_reader(const options& how, ports::logger& log, ports::clock& clock);

/// The store of one reactor. It shares the database; `close` of all stores and the end of all pointers ends
/// that.
std::unique_ptr<ports::store> make_store(const executor& where, std::shared_ptr<database> shared);

}  // namespace delivery::sqlite
