#include "runtime/json_logger.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/sink.h>

#include "runtime/descriptor_writer.hpp"
#include "runtime/log_line.hpp"

namespace delivery::runtime {
namespace {

using spdlog::details::thread_pool;

constexpr std::size_t batch_bytes = 32 * 1024;
constexpr auto patience_at_end = std::chrono::seconds(1);
/// How long the log's thread rests once it has written all there is.
constexpr auto rest = std::chrono::milliseconds(2);

/// Gathers lines while more of them wait, so that a burst costs few system calls; and rests after each, so
/// that under load the next are many, and their writers need not wake the thread for each. Used by the log's
/// thread alone.
class batching_sink final : public spdlog::sinks::sink {
public:
    batching_sink(int descriptor, thread_pool& pool) : writer_(descriptor), pool_(pool) {}

    void log(const spdlog::details::log_msg& line) override {
        batch_.append(line.payload.data(), line.payload.size());
        batch_ += '\n';
        const bool is_last = pool_.queue_size() == 0;
        if (is_last || batch_.size() >= batch_bytes) flush();
        if (is_last) std::this_thread::sleep_for(rest);
    }

    void flush() override {
        writer_.write(batch_);
        batch_.clear();
    }

    /// Lines come formatted, since spdlog's patterns escape nothing (gabime/spdlog#1258).
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

    descriptor_writer& writer() { return writer_; }

private:
    descriptor_writer writer_;
    thread_pool& pool_;
    std::string batch_;
};

class spdlog_logger final : public process_logger {
public:
    explicit spdlog_logger(logger_options options)
        : structured_(options.structured),
          origin_{std::move(options.service), std::move(options.role)},
          level_(options.level),
          pool_(std::make_shared<thread_pool>(std::max<std::size_t>(options.queue_lines, 1), 1)),
          sink_(std::make_shared<batching_sink>(options.descriptor, *pool_)),
          // The other policy of this version would block callers.
          lines_(std::make_shared<spdlog::async_logger>("delivery", sink_, pool_,
                                                        spdlog::async_overflow_policy::overrun_oldest)) {
        lines_->set_level(spdlog::level::trace);
        lines_->flush_on(spdlog::level::err);
    }

    /// The pool's destructor waits until its thread has emptied the queue.
    ~spdlog_logger() override {
        sink_->writer().hurry(patience_at_end);
        pool_.reset();
        sink_->flush();
    }

    spdlog_logger(const spdlog_logger&) = delete;
    spdlog_logger& operator=(const spdlog_logger&) = delete;

    [[nodiscard]] bool is_enabled(ports::log_level level) const noexcept override {
        return level >= level_.load(std::memory_order_relaxed);
    }

    void set_level(ports::log_level level) noexcept override {
        level_.store(level, std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t dropped() const noexcept override {
        return pool_->overrun_counter() + sink_->writer().lost() + failed_.load(std::memory_order_relaxed);
    }

    void write(ports::log_level level, std::string_view message,
               std::span<const ports::log_field> fields) noexcept override {
        if (!is_enabled(level)) return;
        try {
            const auto now = std::chrono::system_clock::now();
            post({std::chrono::floor<std::chrono::microseconds>(now), level, message, fields});
        } catch (...) {
            // Out of memory: the line is lost, the caller is not.
            failed_.fetch_add(1, std::memory_order_relaxed);
        }
    }

private:
    void post(const log_entry& entry) {
        thread_local std::string line;
        line.clear();
        if (structured_) {
            append_json_line(line, origin_, entry);
        } else {
            append_text_line(line, origin_, entry);
        }
        const auto is_error = entry.level >= ports::log_level::error;
        lines_->log(is_error ? spdlog::level::err : spdlog::level::info, spdlog::string_view_t(line));
    }

    bool structured_;
    log_origin origin_;
    std::atomic<ports::log_level> level_;
    std::atomic<std::uint64_t> failed_{0};
    std::shared_ptr<thread_pool> pool_;
    std::shared_ptr<batching_sink> sink_;
    std::shared_ptr<spdlog::async_logger> lines_;
};

}  // namespace

std::unique_ptr<process_logger> make_logger(logger_options options) {
    return std::make_unique<spdlog_logger>(std::move(options));
}

}  // namespace delivery::runtime
