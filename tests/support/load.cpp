#include "support/load.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <exception>
#include <optional>

#include "support/http_client.hpp"

namespace delivery::tests {

using namespace std::chrono_literals;

order_load::order_load(int port, int threads, std::chrono::milliseconds pause) : port_(port), pause_(pause) {
    for (int number = 0; number < threads; ++number) {
        threads_.emplace_back([this, number] { post_orders(number); });
    }
}

order_load::~order_load() { stop(); }

void order_load::stop() {
    is_stopping_ = true;
    threads_.clear();
}

void order_load::post_orders(int number) {
    int sequence = 0;
    while (!is_stopping_) {
        post_on_one_connection(number, sequence);
        if (!is_stopping_) std::this_thread::sleep_for(10ms);
    }
}

void order_load::post_on_one_connection(int number, int& sequence) {
    std::optional<http_connection> connection;
    try {
        connection.emplace(port_);
    } catch (const std::exception&) {
        return;
    }
    bool is_waiting = false;
    try {
        while (!is_stopping_) {
            const auto name = "client " + std::to_string(number) + " order " + std::to_string(++sequence);
            is_waiting = true;
            const auto answer = connection->request(
                "POST", "/orders", R"({"customer_name":")" + name + R"(","address":"Rua 1"})");
            is_waiting = false;
            note(answer);
            if (answer.header("Connection") == "close") return;
            if (pause_ > 0ms) std::this_thread::sleep_for(pause_);
        }
    } catch (const std::exception&) {
        if (is_waiting) ++unanswered_;
    }
}

void order_load::note(const http_answer& answer) {
    const std::lock_guard lock(mutex_);
    ++statuses_[answer.status];
    if (answer.status == 201) acknowledged_.emplace_back(answer.json().at("id").as_string());
    if (answer.status == 503 && !answer.has_header("Retry-After")) ++refused_without_retry_after_;
}

std::vector<std::string> order_load::acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
}

std::size_t order_load::acknowledged_count() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_.size();
}

std::map<int, int> order_load::statuses() const {
    const std::lock_guard lock(mutex_);
    return statuses_;
}

int order_load::refused_without_retry_after() const {
    const std::lock_guard lock(mutex_);
    return refused_without_retry_after_;
}

}  // namespace delivery::tests
