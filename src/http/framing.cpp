#include "http/framing.hpp"

#include <algorithm>

namespace delivery::http {
namespace {

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether a character may stand in `uri-host [":" port]` (RFC 3986, section 3.2.2).
bool is_of_host(char c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || std::string_view("-._~!$&'()*+,;=:%[]").contains(c);
}

std::optional<std::string_view> find_encoding_fault(const header_list& headers, unsigned version,
                                                    std::size_t encodings) {
    if (encodings == 0) return std::nullopt;
    if (encodings > 1) return "There is more than one Transfer-Encoding";
    if (version < 11) return "HTTP/1.0 has no Transfer-Encoding";
    if (!equals_ignoring_case(*headers.find("Transfer-Encoding"), "chunked")) {
        return "The only Transfer-Encoding understood is chunked";
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> find_framing_fault(const header_list& headers, unsigned version) {
    const auto encodings = headers.count("Transfer-Encoding");
    const auto lengths = headers.count("Content-Length");
    const auto hosts = headers.count("Host");
    if (hosts > 1) return "There is more than one Host";
    if (hosts == 0 && version >= 11) return "There is no Host";
    if (hosts == 1 && !std::ranges::all_of(*headers.find("Host"), is_of_host)) return "The Host is malformed";
    if (encodings > 0 && lengths > 0) return "There are both a Transfer-Encoding and a Content-Length";
    if (lengths > 1) return "There is more than one Content-Length";
    if (lengths == 1 && !is_number(*headers.find("Content-Length")))
        return "The Content-Length is not a number";
    return find_encoding_fault(headers, version, encodings);
}

header_scanner::state header_scanner::scan(std::string_view block) {
    for (;;) {
        const auto feed = block.find('\n', scanned_);
        if (feed == std::string_view::npos) break;
        scanned_ = feed + 1;
        if (feed == 0 || block[feed - 1] != '\r') return state::bare_line_feed;
        const auto line = block.substr(line_start_, feed - 1 - line_start_);
        const bool is_first = !first_line_size_;
        line_start_ = scanned_;
        if (is_first) {
            first_line_size_ = line_start_;
        } else if (line.empty()) {
            return state::complete;
        } else if (line.front() == ' ' || line.front() == '\t') {
            return state::folded;
        }
    }
    scanned_ = block.size();
    return state::incomplete;
}

}  // namespace delivery::http
