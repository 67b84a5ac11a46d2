#include "http/conditional.hpp"

#include <algorithm>

#include "http/message.hpp"

namespace delivery::http {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view without_weakness(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    return etag;
}

/// Takes the next of a list's entity tags, which may hold commas between their quotes.
std::string_view take_etag(std::string_view& list) {
    list = trim(list);
    const auto opening = list.find('"');
    const auto closing = opening == std::string_view::npos ? opening : list.find('"', opening + 1);
    if (closing == std::string_view::npos) {
        list = {};
        return {};
    }
    const auto etag = list.substr(0, closing + 1);
    list.remove_prefix(etag.size());
    const auto next = list.find_first_not_of(" \t,");
    list.remove_prefix(std::min(next, list.size()));
    return etag;
}

/// A weight of zero: 0, 0.0, 0.00, 0.000.
bool is_refused(std::string_view parameter) {
    parameter = trim(parameter);
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return false;
    return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
    if (trim(if_none_match) == "*") return true;
    while (!if_none_match.empty()) {
        const auto candidate = take_etag(if_none_match);
        if (!candidate.empty() && without_weakness(candidate) == without_weakness(etag)) return true;
    }
    return false;
}

bool accepts_gzip(std::string_view accept_encoding) {
    bool accepts_any = false;
    while (!accept_encoding.empty()) {
        const auto item = accept_encoding.substr(0, accept_encoding.find(','));
        accept_encoding.remove_prefix(std::min(accept_encoding.size(), item.size() + 1));
        const auto semicolon = std::min(item.find(';'), item.size());
        const auto coding = trim(item.substr(0, semicolon));
        const bool is_accepted = semicolon == item.size() || !is_refused(item.substr(semicolon + 1));
        if (equals_ignoring_case(coding, "gzip")) return is_accepted;
        if (coding == "*") accepts_any = is_accepted;
    }
    return accepts_any;
}

}  // namespace delivery::http
