#include "chaos/clients.hpp"

#include <algorithm>
#include <exception>
#include <random>

#include <fmt/format.h>

#include "chaos/witness.hpp"
#include "support/http_client.hpp"

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t keyed_clients = 4;
constexpr std::size_t plain_clients = 2;
constexpr std::size_t reading_clients = 2;
constexpr auto answer_limit = 8s;
constexpr auto pause_between_requests = 30ms;
constexpr int longest_pause_after_failure = 150;
constexpr std::uint64_t one_in_how_many_repeated = 16;
constexpr std::uint64_t one_in_how_many_followed = 8;
// As many as a life takes, with time to spare.
constexpr int reads_while_followed = 20;
constexpr std::size_t most_strange = 1000;

}  // namespace

void gap_meter::succeed(clock::time_point now) {
    longest_ = std::max(longest_, now - last_);
    last_ = now;
}

void client_board::succeed() {
    const std::lock_guard lock(mutex_);
    gaps_.succeed(gap_meter::clock::now());
}

void client_board::acknowledge(acknowledged_order order) {
    const std::lock_guard lock(mutex_);
    recent_.at(acknowledged_++ % recent_.size()) = std::move(order);
}

std::optional<acknowledged_order> client_board::some_acknowledged(std::size_t draw) const {
    const std::lock_guard lock(mutex_);
    if (acknowledged_ == 0) return std::nullopt;
    return recent_.at(draw % std::min(acknowledged_, recent_.size()));
}

std::optional<acknowledged_order> client_board::last_acknowledged() const {
    const std::lock_guard lock(mutex_);
    if (acknowledged_ == 0) return std::nullopt;
    return recent_.at((acknowledged_ - 1) % recent_.size());
}

std::chrono::milliseconds client_board::longest_gap() {
    succeed();
    const std::lock_guard lock(mutex_);
    return gaps_.longest();
}

class client_crowd::client {
public:
    client(client_board& board, std::size_t number, std::uint64_t seed)
        : board_(board), number_(number), seed_(seed), random_(seed), port_(number % board.ports.size()) {}

    void run() {
        while (!board_.is_stopping) {
            if (number_ < keyed_clients) {
                post_with_key();
            } else if (number_ < keyed_clients + plain_clients) {
                post_once();
            } else {
                read();
            }
            std::this_thread::sleep_for(pause_between_requests);
        }
        gaps_.succeed(gap_meter::clock::now());
    }

    void add_to(client_record& sum) {
        sum.without_answer.clients.push_back(gaps_.longest());
        std::ranges::move(record_.acknowledged, std::back_inserter(sum.acknowledged));
        std::ranges::move(record_.answered_twice, std::back_inserter(sum.answered_twice));
        std::ranges::move(record_.denied, std::back_inserter(sum.denied));
        std::ranges::move(record_.strange, std::back_inserter(sum.strange));
        std::ranges::copy(witness_.misread(), std::back_inserter(sum.misread));
        for (const auto& [status, count] : record_.statuses) sum.statuses[status] += count;
        sum.unanswered += record_.unanswered;
        sum.retried += record_.retried;
    }

private:
    // Until it is answered, however long that takes; and now and then once more, which must give the same.
    void post_with_key() {
        const auto posted = next_order();
        const tests::http_headers key{{"Idempotency-Key", "key of " + posted.name}};
        std::optional<acknowledged_order> made;
        while (!(made = post(posted, key))) {
            if (board_.is_stopping) return;
            ++record_.retried;
        }
        accept(*made);
        if (random_() % one_in_how_many_repeated != 0) return;
        turn_away();
        const auto again = post(posted, key);
        if (again && again->id != made->id) record_.answered_twice.push_back(posted.name);
    }

    void post_once() {
        if (const auto made = post(next_order(), {})) accept(*made);
    }

    std::optional<acknowledged_order> post(const posted_order& order, const tests::http_headers& headers) {
        const auto body =
            fmt::format(R"({{"customer_name":"{}","address":"{}"}})", order.name, order.address);
        const auto answer = request("POST", "/orders", body, headers);
        if (!answer) return std::nullopt;
        if (answer->status == 201) return witness_.read_created(order, answer->body);
        if (answer->status != 503) note_strange(*answer);
        return std::nullopt;
    }

    void accept(const acknowledged_order& order) {
        record_.acknowledged.push_back(order);
        board_.acknowledge(order);
    }

    void read() {
        if (reads_left_ == 0) choose_order();
        if (!read_now_) return;
        --reads_left_;
        const bool is_history = random_() % 2 == 0;
        const auto target =
            fmt::format("/orders/{}{}", read_now_->id.to_string(), is_history ? "/events" : "");
        const auto ended = board_.successions.ended();
        const auto answer = request("GET", target, {}, {});
        if (!answer) return;
        const bool may_be_undone = board_.successions.has_begun_after(ended);
        if (answer->status == 200 && is_history) {
            witness_.read_history(*read_now_, answer->body, may_be_undone);
        } else if (answer->status == 200) {
            witness_.read_order(*read_now_, answer->body, may_be_undone);
        } else if (answer->status == 404) {
            record_.denied.push_back(read_now_->id);
        } else if (answer->status != 503) {
            note_strange(*answer);
        }
    }

    // Any of those acknowledged lately, to read once; but now and then the latest, to be with it at every
    // step.
    void choose_order() {
        const bool follows = random_() % one_in_how_many_followed == 0;
        read_now_ = follows ? board_.last_acknowledged() : board_.some_acknowledged(random_());
        if (read_now_) reads_left_ = follows ? reads_while_followed : 1;
    }

    std::optional<tests::http_answer> request(std::string_view method, const std::string& target,
                                              const std::string& body, const tests::http_headers& headers) {
        try {
            if (!connection_) {
                const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(answer_limit);
                connection_.emplace(board_.ports.at(port_), limit);
            }
        } catch (const std::exception&) {
            turn_away();
            return std::nullopt;
        }
        try {
            auto answer = connection_->request(method, target, body, headers);
            take_down(answer);
            return answer;
        } catch (const std::exception&) {
            ++record_.unanswered;
            turn_away();
            return std::nullopt;
        }
    }

    void take_down(const tests::http_answer& answer) {
        ++record_.statuses[answer.status];
        if (answer.status < 300) {
            gaps_.succeed(gap_meter::clock::now());
            board_.succeed();
        }
        if (answer.status == 503) {
            if (!answer.has_header("Retry-After")) note_strange(answer);
            turn_away();
        } else if (answer.header("Connection") == "close") {
            connection_.reset();
        }
    }

    // To the next API, after a moment.
    void turn_away() {
        connection_.reset();
        port_ = (port_ + 1) % board_.ports.size();
        std::this_thread::sleep_for(
            std::chrono::milliseconds(random_() % static_cast<std::uint64_t>(longest_pause_after_failure)));
    }

    void note_strange(const tests::http_answer& answer) {
        if (record_.strange.size() < most_strange)
            record_.strange.push_back(fmt::format("{} {}", answer.status, answer.body));
    }

    posted_order next_order() {
        ++sequence_;
        return {.name = fmt::format("{} of client {}, seed {}", sequence_, number_, seed_),
                .address = fmt::format("Rua do Caos {}, casa {}, apto {}", seed_, number_, sequence_)};
    }

    client_board& board_;
    std::size_t number_;
    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::size_t port_;
    std::uint64_t sequence_ = 0;
    std::optional<tests::http_connection> connection_;
    gap_meter gaps_{gap_meter::clock::now()};
    std::optional<acknowledged_order> read_now_;
    int reads_left_ = 0;
    witness witness_;
    client_record record_;
};

client_crowd::client_crowd(std::vector<int> ports, const succession_log& of_database, std::uint64_t seed)
    : board_(std::move(ports), of_database) {
    for (std::size_t number = 0; number < keyed_clients + plain_clients + reading_clients; ++number) {
        clients_.push_back(std::make_unique<client>(board_, number, seed + number));
    }
    for (const auto& each : clients_) threads_.emplace_back([one = each.get()] { one->run(); });
}

client_crowd::~client_crowd() { stop(); }

void client_crowd::stop() {
    board_.is_stopping = true;
    threads_.clear();
}

client_record client_crowd::take_record() {
    client_record sum;
    for (const auto& each : clients_) each->add_to(sum);
    sum.without_answer.overall = board_.longest_gap();
    return sum;
}

}  // namespace delivery::chaos
