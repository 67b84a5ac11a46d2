#include "sqlite/database.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "sqlite/core.hpp"
#include "sqlite/failure.hpp"
#include "sqlite/file.hpp"

namespace delivery::sqlite {
namespace {

constexpr std::size_t reader_count = 2;

/// Longer than any transaction of ours, shorter than any deadline: only an outsider's lock lasts so long.
constexpr std::chrono::milliseconds busy_timeout_max{2000};

std::chrono::milliseconds busy_timeout(const options& how) {
    return std::min(how.deadline / 2, busy_timeout_max);
}

std::shared_ptr<database> open(const options& how, access mode, ports::logger& log, ports::clock& clock) {
    try {
        return std::make_shared<database>(std::make_unique<database::core>(how, mode, log, clock));
    } catch (const sqlite_error& failure) {
        throw open_error(how.path + " cannot be opened: " + failure.reason());
    }
}

}  // namespace

database::core::core(const options& how, access mode, ports::logger& log, ports::clock& clock)
    : options_(how), clock_(clock), writes_(how.queue_bound), reads_(how.queue_bound) {
    if (mode == access::read_write) {
        create_file(how.path);
        lock_.emplace(how.path);
        writer_.emplace(how.path, busy_timeout(how), how.max_pages, log);
    }
    identity_ = identify(how.path);
    for (std::size_t i = 0; i < reader_count; ++i) {
        readers_.push_back(std::make_unique<connection>(how.path, access::read_only, busy_timeout(how)));
    }
    if (writer_) write_thread_ = std::thread([this] { writer_->serve(writes_); });
    for (auto& reader : readers_) {
        read_threads_.emplace_back([this, db = reader.get()] { serve_reads(*db); });
    }
}

database::core::~core() {
    writes_.close();
    reads_.close();
    for (auto& thread : read_threads_) thread.join();
    readers_.clear();
    if (write_thread_.joinable()) {
        write_thread_.join();
        writer_->finish();
    }
}

std::optional<database::core::file_identity> database::core::identify(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return std::nullopt;
    return file_identity{.device = found.st_dev, .number = found.st_ino};
}

std::optional<std::string> database::core::find_file_fault() const {
    const auto now = identify(options_.path);
    if (!now) return "the database file is gone: " + system_reason();
    if (now != identity_) return "the database file was replaced by another; a restart is needed";
    return std::nullopt;
}

awaitable<void> database::core::write(work todo) {
    if (!writer_)
        throw ports::store_error(ports::store_fault::broken, "the database was opened for reading only");
    return writes_.run(std::move(todo), options_.deadline);
}

awaitable<void> database::core::read(work todo, urgency how) {
    return reads_.run(std::move(todo), options_.deadline, how);
}

void database::core::wait_for_completions() {
    writes_.wait_for_completions();
    reads_.wait_for_completions();
}

void database::core::serve_reads(connection& db) {
    for (;;) {
        auto taken = reads_.take(1);
        if (taken.empty()) return;
        std::exception_ptr error;
        try {
            db.set_deadline(std::chrono::steady_clock::now() + options_.deadline);
            db.execute("BEGIN");
            taken.front().run(db);
        } catch (...) {
            error = std::current_exception();
        }
        db.rollback();
        reads_.complete(std::move(taken.front()), error);
    }
}

database::database(std::unique_ptr<core> inner) : inner_(std::move(inner)) {}

database::~database() = default;

std::shared_ptr<database> open_database(const options& how, ports::logger& log, ports::clock& clock) {
    return open(how, access::read_write, log, clock);
}

std::shared_ptr<database> open_reader(const options& how, ports::logger& log, ports::clock& clock) {
    if (::access(how.path.c_str(), R_OK) != 0)
        throw open_error(how.path + " cannot be read: " + system_reason());
    return open(how, access::read_only, log, clock);
}

}  // namespace delivery::sqlite
