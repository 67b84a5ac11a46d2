// Input: bytes as a client sends them.

#include <algorithm>

#include "fuzz/targets.hpp"
#include "http/incoming_request.hpp"

namespace delivery::fuzz {
namespace {

/// Small, so that a fuzzer comes to them.
constexpr http::request_limits sizes{.header = 512, .target = 128, .body = 256};
constexpr std::size_t unbounded = std::size_t{1} << 20;

struct reading {
    http::request request;
    std::optional<http::refusal> fault;
    bool is_complete = false;
    std::size_t taken = 0;
};

/// Feeds bytes as a connection does, which holds back no more than a header and one byte.
reading read(std::string_view bytes, std::size_t piece, const http::request_limits& limits) {
    reading result;
    http::incoming_request reader(result.request, limits);
    std::string unread;
    while (!reader.fault() && !reader.is_complete()) {
        const auto arriving = std::min({piece, bytes.size(), limits.header + 1 - unread.size()});
        if (arriving == 0) break;
        unread.append(bytes.substr(0, arriving));
        bytes.remove_prefix(arriving);
        const auto taken = reader.feed(unread);
        require(taken <= unread.size(), "no more is taken than has arrived");
        unread.erase(0, taken);
        result.taken += taken;
        require(unread.size() <= limits.header || reader.fault() || reader.is_complete(),
                "what fills the buffer is taken or refused");
    }
    result.fault = reader.fault();
    result.is_complete = reader.is_complete();
    return result;
}

bool same_headers(const http::header_list& a, const http::header_list& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a.name(i) != b.name(i) || a.value(i) != b.value(i)) return false;
    }
    return true;
}

void require_same(const reading& a, const reading& b) {
    require(a.fault.has_value() == b.fault.has_value() && a.is_complete == b.is_complete,
            "however a request is cut, it is read or refused");
    if (!a.is_complete) return;
    require(a.taken == b.taken, "however a request is cut, it ends at the same byte");
    require(a.request.method == b.request.method && a.request.target == b.request.target &&
                a.request.version == b.request.version &&
                same_headers(a.request.headers, b.request.headers) && a.request.body == b.request.body,
            "however a request is cut, it says the same");
}

/// The request as a proxy would send it on: in one piece, its length told plainly.
std::string rewrite(const http::request& request) {
    auto text = request.method + " " + request.target + (request.version < 11 ? " HTTP/1.0" : " HTTP/1.1");
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
        const auto name = request.headers.name(i);
        if (http::equals_ignoring_case(name, "Transfer-Encoding") ||
            http::equals_ignoring_case(name, "Content-Length")) {
            continue;
        }
        text.append("\r\n").append(name).append(": ").append(request.headers.value(i));
    }
    text.append("\r\nContent-Length: ").append(std::to_string(request.body.size())).append("\r\n\r\n");
    return text.append(request.body);
}

void require_survives_rewriting(const http::request& request) {
    const auto again = read(rewrite(request), unbounded, {});
    require(again.is_complete, "what was read can be read again");
    require(again.request.method == request.method && again.request.target == request.target &&
                again.request.body == request.body,
            "what was read once reads the same again");
}

}  // namespace

void try_request(std::string_view bytes) {
    const auto whole = read(bytes, unbounded, sizes);
    require_same(whole, read(bytes, 1, sizes));
    require_same(whole, read(bytes, 1 + bytes.size() / 3, sizes));
    if (whole.fault) {
        const auto answer =
            to_response({.kind = whole.fault->kind, .detail = whole.fault->detail}, whole.request);
        require_json(answer.body, "the answer to a refused request");
        require(answer.status >= 400 && answer.status < 500, "a refusal is the client's fault");
    }
    if (!whole.is_complete) return;
    require(whole.request.body.size() <= sizes.body, "the body is within its limit");
    require(whole.request.target.size() <= sizes.target + 1, "the target is within its limit");
    require(whole.request.target.starts_with('/') || whole.request.target == "*", "the target is a path");
    require(whole.request.headers.count("Host") <= 1, "there is at most one Host");
    require_survives_rewriting(whole.request);
}

}  // namespace delivery::fuzz
