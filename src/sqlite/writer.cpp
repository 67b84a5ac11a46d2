#include "sqlite/writer.hpp"

#include "sqlite/failure.hpp"
#include "sqlite/query.hpp"

namespace delivery::sqlite {
namespace {

/// Calls of one transaction. Each is a batch itself, so that more would only make the others wait.
constexpr std::size_t group_max = 64;

/// The length of the write-ahead log, in pages of 4 KiB, at which it is copied into the file.
constexpr std::int64_t checkpoint_pages = 4'096;
/// The length at which even readers are waited for, a moment, because they keep the log from starting over.
constexpr std::int64_t long_wal_pages = 16 * checkpoint_pages;
constexpr std::chrono::milliseconds checkpoint_patience{100};

ports::store_error transaction_lost(const ports::store_error& cause) {
    const auto fault =
        cause.fault() == ports::store_fault::broken ? cause.fault() : ports::store_fault::unavailable;
    return {fault, std::string("the transaction was rolled back: ") + cause.what()};
}

}  // namespace

writer::writer(const std::string& path, std::chrono::milliseconds busy_timeout, std::int64_t max_pages,
               ports::logger& log)
    : db_(path, access::read_write, busy_timeout),
      busy_timeout_(busy_timeout),
      log_(log),
      next_checkpoint_(checkpoint_pages) {
    db_.execute("PRAGMA journal_mode = WAL");
    db_.execute("PRAGMA journal_size_limit = 67108864");  // A log that grew long gives its space back.
    db_.execute("PRAGMA cache_size = -16384");
    if (max_pages > 0) {
        db_.execute(("PRAGMA max_page_count = " + std::to_string(max_pages)).c_str());
    }
}

void writer::serve(call_queue& queue) {
    for (;;) {
        auto group = queue.take(group_max);
        if (group.empty()) return;
        std::vector<std::exception_ptr> errors(group.size());
        run_group(group, errors);
        for (std::size_t i = 0; i < group.size(); ++i) {
            queue.complete(std::move(group[i]), errors[i]);
        }
        checkpoint_if_long();
    }
}

void writer::run_group(std::span<call> group, std::vector<std::exception_ptr>& errors) {
    try {
        db_.execute("BEGIN IMMEDIATE");
        for (std::size_t i = 0; i < group.size(); ++i) {
            run_one(group[i], errors[i]);
        }
        commit();
    } catch (const ports::store_error& cause) {
        db_.rollback();
        log_.warn("a transaction was rolled back", {{"error", std::string_view(cause.what())},
                                                    {"calls", static_cast<std::int64_t>(group.size())}});
        for (auto& error : errors) {
            if (!error) error = std::make_exception_ptr(cause);
        }
    }
}

/// Throws only where the whole transaction is lost.
void writer::run_one(call& next, std::exception_ptr& error) {
    query(db_, "SAVEPOINT one_call").run();
    try {
        next.run(db_);
    } catch (const ports::store_error& failure) {
        error = std::current_exception();
        // SQLite ends the transaction by itself after some errors, such as a full disk.
        if (!db_.in_transaction()) throw transaction_lost(failure);
        query(db_, "ROLLBACK TO one_call").run();
    } catch (...) {
        error = std::current_exception();
        query(db_, "ROLLBACK TO one_call").run();
    }
    query(db_, "RELEASE one_call").run();
}

void writer::commit() {
    try {
        db_.execute("COMMIT");
    } catch (const sqlite_error& failure) {
        if (!failure.is_unsure_commit()) throw transaction_lost(failure);
        // The log may hold the whole transaction: a crash right now would bring it back.
        throw ports::store_error(ports::store_fault::outcome_unknown, failure.what());
    }
}

void writer::checkpoint_if_long() {
    const auto pages = db_.wal_pages();
    if (pages < checkpoint_pages) next_checkpoint_ = checkpoint_pages;  // The log has started over.
    if (pages < next_checkpoint_) return;
    // Where readers hold it up, the next attempt comes when the log is longer still, not after every commit.
    next_checkpoint_ = pages + checkpoint_pages;
    const bool waits_for_readers = pages >= long_wal_pages;
    try {
        if (waits_for_readers) db_.set_busy_timeout(checkpoint_patience);
        db_.execute(waits_for_readers ? "PRAGMA wal_checkpoint(RESTART)" : "PRAGMA wal_checkpoint(PASSIVE)");
    } catch (const sqlite_error& failure) {
        log_.warn("the write-ahead log could not be checkpointed",
                  {{"error", std::string_view(failure.what())}, {"pages", pages}});
    }
    db_.set_busy_timeout(busy_timeout_);
}

void writer::finish() {
    try {
        db_.set_busy_timeout(checkpoint_patience);
        db_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (const sqlite_error& failure) {
        log_.warn("the write-ahead log stays as it is", {{"error", std::string_view(failure.what())}});
    }
}

}  // namespace delivery::sqlite
