#include "support/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace delivery::tests {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::size_t most_buffered = 1 << 20;

sockaddr_in local(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

class unique_socket {
public:
    explicit unique_socket(int number) : number_(number) {}
    ~unique_socket() {
        if (number_ >= 0) ::close(number_);
    }
    unique_socket(unique_socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    unique_socket& operator=(unique_socket&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    [[nodiscard]] int get() const { return number_; }

private:
    int number_;
};

// One direction of one connection.
struct stream {
    struct piece {
        clock::time_point received;
        std::string bytes;
    };
    int from = -1;
    int to = -1;
    std::deque<piece> pieces;
    std::size_t buffered = 0;
    double allowance = 0;
    bool has_ended = false;
    bool has_told = false;

    // False where the connection is broken.
    bool read() {
        char bytes[65536];
        const auto count = ::recv(from, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        has_ended = count == 0;
        buffered += static_cast<std::size_t>(count);
        if (count > 0) pieces.push_back({clock::now(), std::string(bytes, static_cast<std::size_t>(count))});
        return true;
    }

    bool write(std::chrono::milliseconds delay, std::size_t most) {
        while (!pieces.empty() && most > 0 && clock::now() - pieces.front().received >= delay) {
            auto& bytes = pieces.front().bytes;
            const auto sent =
                ::send(to, bytes.data(), std::min(bytes.size(), most), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0) return errno == EAGAIN || errno == EINTR;
            const auto count = static_cast<std::size_t>(sent);
            most -= count;
            buffered -= count;
            allowance -= static_cast<double>(count);
            bytes.erase(0, count);
            if (bytes.empty()) pieces.pop_front();
        }
        if (has_ended && pieces.empty() && !std::exchange(has_told, true)) ::shutdown(to, SHUT_WR);
        return true;
    }
};

struct connection {
    unique_socket client;
    unique_socket server;
    stream up;
    stream down;

    connection(unique_socket from, unique_socket to) : client(std::move(from)), server(std::move(to)) {
        up.from = down.to = client.get();
        up.to = down.from = server.get();
    }

    void reset() const {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        ::setsockopt(server.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }

    [[nodiscard]] bool is_over() const { return up.has_told && down.has_told; }
};

}  // namespace

class tcp_proxy::worker {
public:
    explicit worker(tcp_proxy& proxy)
        : proxy_(proxy), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        auto address = local(0);
        socklen_t length = sizeof(address);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_.get(), generic, length) != 0 || ::listen(listener_.get(), 1024) != 0 ||
            ::getsockname(listener_.get(), generic, &length) != 0) {
            throw std::system_error(errno, std::generic_category(), "proxy");
        }
        proxy_.port_ = ntohs(address.sin_port);
    }

    void run() {
        while (!proxy_.is_stopping_) {
            wait();
            obey();
            const auto now = clock::now();
            const std::chrono::duration<double> passed = now - std::exchange(last_, now);
            if (!proxy_.is_black_hole_) {
                std::erase_if(connections_, [&](connection& open) { return !forward(open, passed.count()); });
            }
            proxy_.connections_ = connections_.size();
        }
    }

private:
    // Short waits, because a delayed or throttled piece has no event of its own.
    void wait() {
        std::vector<pollfd> watched{{.fd = listener_.get(), .events = POLLIN, .revents = 0}};
        for (const auto& open : connections_) {
            for (const auto* direction : {&open.up, &open.down}) {
                const bool has_room = !direction->has_ended && direction->buffered < most_buffered;
                if (has_room && !proxy_.is_black_hole_)
                    watched.push_back({.fd = direction->from, .events = POLLIN, .revents = 0});
            }
        }
        const bool has_pieces = std::ranges::any_of(
            connections_, [](const auto& open) { return open.up.buffered + open.down.buffered > 0; });
        ::poll(watched.data(), watched.size(), has_pieces ? 1 : 10);
        if (watched.front().revents != 0) accept();
    }

    void accept() {
        unique_socket client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        ++proxy_.attempts_;
        unique_socket server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const auto address = local(proxy_.server_port_);
        if (client.get() < 0 || proxy_.refuses_new_ ||
            ::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
            return;
        }
        const int yes = 1;
        ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        ::setsockopt(server.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        connections_.emplace_back(std::move(client), std::move(server));
    }

    void obey() {
        if (const int cuts = proxy_.cuts_; std::exchange(seen_cuts_, cuts) != cuts) {
            for (const auto& open : connections_) open.reset();
            connections_.clear();
        }
        if (const int cuts = proxy_.half_cuts_; std::exchange(seen_half_cuts_, cuts) != cuts) {
            std::size_t count = 0;
            std::erase_if(connections_, [&](const connection& open) {
                if (count++ % 2 != 0) return false;
                open.reset();
                return true;
            });
        }
        if (const int closes = proxy_.half_closes_; std::exchange(seen_half_closes_, closes) != closes) {
            for (const auto& open : connections_) ::shutdown(open.server.get(), SHUT_WR);
        }
    }

    bool forward(connection& open, double seconds) const {
        const std::chrono::milliseconds delay(proxy_.delay_ms_.load());
        for (auto* direction : {&open.up, &open.down}) {
            if (!direction->has_ended && direction->buffered < most_buffered && !direction->read())
                return false;
            const auto rate = static_cast<double>(proxy_.bytes_per_second_.load());
            direction->allowance = std::min(direction->allowance + rate * seconds, std::max(rate / 10, 1.0));
            const auto most =
                rate > 0 ? static_cast<std::size_t>(std::max(direction->allowance, 0.0)) : most_buffered;
            if (!direction->write(delay, most)) return false;
        }
        return !open.is_over();
    }

    tcp_proxy& proxy_;
    unique_socket listener_;
    std::vector<connection> connections_;
    clock::time_point last_ = clock::now();
    int seen_cuts_ = 0;
    int seen_half_cuts_ = 0;
    int seen_half_closes_ = 0;
};

tcp_proxy::tcp_proxy(int server_port) : server_port_(server_port), worker_(std::make_unique<worker>(*this)) {
    thread_ = std::jthread([this] { worker_->run(); });
}

tcp_proxy::~tcp_proxy() {
    is_stopping_ = true;
    thread_.join();
}

void tcp_proxy::pass() {
    delay_ms_ = 0;
    bytes_per_second_ = 0;
    is_black_hole_ = false;
    refuses_new_ = false;
}

}  // namespace delivery::tests
