#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace delivery::tests {

struct http_answer;

/// Posts orders from several threads, each on its own connection, until told to stop. Connects again when a
/// connection fails or was to be closed, and remembers every order that was acknowledged.
class order_load {
public:
    /// A thread that has its answer waits for `pause` before it goes on.
    order_load(int port, int threads, std::chrono::milliseconds pause = {});
    ~order_load();
    order_load(const order_load&) = delete;
    order_load& operator=(const order_load&) = delete;

    /// Lets every thread finish the request that it has begun.
    void stop();

    /// The ids of all orders answered with 201.
    [[nodiscard]] std::vector<std::string> acknowledged() const;
    [[nodiscard]] std::size_t acknowledged_count() const;

    /// How often each status was answered.
    [[nodiscard]] std::map<int, int> statuses() const;

    /// 503 answers without Retry-After: there must be none.
    [[nodiscard]] int refused_without_retry_after() const;

    /// Requests that were sent and whose connection ended before an answer.
    [[nodiscard]] int unanswered() const { return unanswered_; }

private:
    void post_orders(int number);
    void post_on_one_connection(int number, int& sequence);
    void note(const http_answer& answer);

    int port_;
    std::chrono::milliseconds pause_;
    std::atomic<bool> is_stopping_ = false;
    std::atomic<int> unanswered_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> acknowledged_;
    std::map<int, int> statuses_;
    int refused_without_retry_after_ = 0;
    std::vector<std::jthread> threads_;
};

}  // namespace delivery::tests
