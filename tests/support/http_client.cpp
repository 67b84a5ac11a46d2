#include "support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace delivery::tests {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

bool can_read(int socket, std::chrono::milliseconds limit) {
    pollfd watched{.fd = socket, .events = POLLIN, .revents = 0};
    return ::poll(&watched, 1, static_cast<int>(limit.count())) > 0;
}

}  // namespace

std::string http_answer::header(std::string_view name) const {
    const auto found = std::ranges::find_if(
        headers, [name](const auto& header) { return boost::algorithm::iequals(header.first, name); });
    return found == headers.end() ? std::string() : found->second;
}

bool http_answer::has_header(std::string_view name) const {
    return std::ranges::any_of(
        headers, [name](const auto& header) { return boost::algorithm::iequals(header.first, name); });
}

boost::json::value http_answer::json() const { return boost::json::parse(body); }

std::string text_at(const boost::json::value& object, std::string_view key) {
    return std::string(object.as_object().at(key).as_string());
}

http_connection::http_connection(int port, std::chrono::milliseconds limit)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), limit_(limit) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    const timeval wait{.tv_sec = limit.count() / 1000, .tv_usec = (limit.count() % 1000) * 1000};
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        const int reason = errno;
        ::close(socket_);
        throw std::system_error(reason, std::generic_category(), "connect");
    }
}

http_connection::~http_connection() { ::close(socket_); }

http_answer http_connection::request(std::string_view method, std::string_view target, std::string_view body,
                                     const http_headers& headers) {
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    if (method == "POST" || method == "PUT" || method == "PATCH" || !body.empty()) {
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    send(text + "\r\n" + std::string(body));
    return read_answer(method == "HEAD");
}

void http_connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) fail("send");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool http_connection::receive_more() {
    if (!can_read(socket_, limit_)) throw std::runtime_error("no answer within the deadline");
    char bytes[16384];
    const auto count = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (count < 0) fail("recv");
    received_.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
}

std::string http_connection::read_line() {
    std::size_t end = 0;
    while ((end = received_.find("\r\n")) == std::string::npos) {
        if (!receive_more()) throw std::runtime_error("the connection ended in an answer: " + received_);
    }
    auto line = received_.substr(0, end);
    received_.erase(0, end + 2);
    return line;
}

std::string http_connection::read_exactly(std::size_t length) {
    while (received_.size() < length) {
        if (!receive_more()) throw std::runtime_error("the connection ended in a body");
    }
    auto bytes = received_.substr(0, length);
    received_.erase(0, length);
    return bytes;
}

std::string http_connection::read_chunks() {
    std::string body;
    while (const auto size = std::stoul(read_line(), nullptr, 16)) {
        body += read_exactly(size);
        read_line();
    }
    while (!read_line().empty()) {
    }
    return body;
}

void http_connection::read_headers(http_answer& answer) {
    for (auto line = read_line(); !line.empty(); line = read_line()) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) throw std::runtime_error("not a header: " + line);
        answer.headers.emplace_back(line.substr(0, colon),
                                    boost::algorithm::trim_copy(line.substr(colon + 1)));
    }
}

http_answer http_connection::read_answer(bool is_head) {
    http_answer answer;
    const auto line = read_line();
    if (!line.starts_with("HTTP/1.") || line.size() < 12)
        throw std::runtime_error("not a status line: " + line);
    answer.status = std::stoi(line.substr(9, 3));
    read_headers(answer);
    if (is_head || answer.status < 200 || answer.status == 204 || answer.status == 304) return answer;
    if (boost::algorithm::iequals(answer.header("Transfer-Encoding"), "chunked")) {
        answer.body = read_chunks();
    } else if (answer.has_header("Content-Length")) {
        answer.body = read_exactly(std::stoul(answer.header("Content-Length")));
    } else {
        while (receive_more()) {
        }
        answer.body = std::exchange(received_, {});
    }
    return answer;
}

bool http_connection::is_closed_within(std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (true) {
        const auto remaining = deadline - std::chrono::steady_clock::now();
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(remaining);
        if (left.count() <= 0 || !can_read(socket_, left)) return false;
        char bytes[4096];
        if (::recv(socket_, bytes, sizeof(bytes), 0) <= 0) return true;
    }
}

void http_connection::end_sending() { ::shutdown(socket_, SHUT_WR); }

void http_connection::reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ::close(socket_);
    socket_ = -1;
}

http_answer http_request(int port, std::string_view method, std::string_view target, std::string_view body,
                         const http_headers& headers) {
    return http_connection(port).request(method, target, body, headers);
}

std::optional<http_answer> try_http_request(int port, std::string_view method, std::string_view target,
                                            std::string_view body, const http_headers& headers) {
    try {
        return http_request(port, method, target, body, headers);
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace delivery::tests
