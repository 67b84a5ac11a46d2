#include "http/response_text.hpp"

#include <chrono>
#include <ctime>

#include <fmt/format.h>

#include "http/problem.hpp"

namespace delivery::http {
namespace {

std::string_view reason_of(unsigned status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 204: return "No Content";
        case 302: return "Found";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 422: return "Unprocessable Content";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        default: return "";
    }
}

/// The Date header's line, formatted anew once a second on each thread.
std::string_view date_line() {
    constexpr std::string_view days = "SunMonTueWedThuFriSat";
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    thread_local std::time_t formatted = -1;
    thread_local std::string line;
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    if (now != formatted) {
        std::tm utc{};
        gmtime_r(&now, &utc);
        line = fmt::format("Date: {}, {:02} {} {:04} {:02}:{:02}:{:02} GMT\r\n",
                           days.substr(static_cast<std::size_t>(utc.tm_wday) * 3, 3), utc.tm_mday,
                           months.substr(static_cast<std::size_t>(utc.tm_mon) * 3, 3), utc.tm_year + 1900,
                           utc.tm_hour, utc.tm_min, utc.tm_sec);
        formatted = now;
    }
    return line;
}

/// RFC 9110, section 8.6: no Content-Length with 204, and none needed with 304.
bool has_length(unsigned status) { return status != 204 && status != 304; }

std::string_view connection_line(connection_end end) {
    switch (end) {
        case connection_end::keep: return "";
        case connection_end::keep_and_tell: return "Connection: keep-alive\r\n";
        case connection_end::close: return "Connection: close\r\n";
    }
    return "";
}

}  // namespace

void append_head(std::string& out, const response& answer, connection_end end) {
    const fmt::format_int status(answer.status);
    out.append("HTTP/1.1 ").append(status.data(), status.size()).append(" ");
    out.append(reason_of(answer.status)).append("\r\n").append(date_line());
    if (!answer.content_type.empty()) {
        out.append("Content-Type: ").append(answer.content_type);
        out.append("\r\nX-Content-Type-Options: nosniff\r\n");
    }
    if (has_length(answer.status)) {
        const fmt::format_int length(answer.content().size());
        out.append("Content-Length: ").append(length.data(), length.size()).append("\r\n");
    }
    out.append(answer.fields).append(connection_line(end)).append("\r\n");
}

std::string make_busy_response(std::string_view request_id) {
    request nothing;
    nothing.target = "/";
    auto answer = to_response(
        {.kind = problem_kind::unavailable, .detail = "Too many connections, try again later"}, nothing);
    answer.add("X-Request-Id", request_id);
    std::string out;
    append_head(out, answer, connection_end::close);
    return out + answer.body;
}

}  // namespace delivery::http
