#include "http/router.hpp"

#include <algorithm>

#include "http/percent.hpp"
#include "http/problem.hpp"

namespace delivery::http {
namespace {

std::string_view take_segment(std::string_view& path) {
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    return segment;
}

std::string_view without_trailing_slash(std::string_view path) {
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path;
}

/// Whether a path, decoded but for its slashes, is one that a template stands for. Takes the parameter's
/// value.
bool matches(std::string_view path_template, std::string_view path, std::string& parameter) {
    if (!path_template.contains('{')) return path == path_template;
    if (std::ranges::count(path, '/') != std::ranges::count(path_template, '/')) return false;
    std::string_view value;
    while (!path_template.empty()) {
        const auto expected = take_segment(path_template);
        const auto segment = take_segment(path);
        if (expected.starts_with('{')) {
            value = segment;
        } else if (segment != expected) {
            return false;
        }
    }
    if (value.empty()) return false;
    parameter = value;
    return true;
}

/// The path with its segments decoded. An encoded slash is part of a segment, so it stays encoded; no id
/// holds one.
std::optional<std::string> decode_path(std::string_view path) {
    if (!path.contains('%')) return std::string(path);
    std::string result;
    for (;;) {
        const auto segment = path.substr(0, path.find('/'));
        const auto decoded = percent_decode(segment);
        if (!decoded) return std::nullopt;
        result.append(decoded->contains('/') ? segment : std::string_view(*decoded));
        if (segment.size() == path.size()) return result;
        path.remove_prefix(segment.size() + 1);
        result.push_back('/');
    }
}

response options_answer(const std::string& allowed) {
    response answer;
    answer.status = 204;
    answer.add("Allow", allowed);
    return answer;
}

response not_allowed_answer(const request& request, const std::string& allowed) {
    auto answer = to_response(
        {.kind = problem_kind::method_not_allowed, .detail = request.method + " is not allowed here"},
        request);
    answer.add("Allow", allowed);
    return answer;
}

}  // namespace

router::match router::find(request& request) const {
    match result;
    if (request.target == "*") {
        result.answer = options_answer("GET, HEAD, POST, OPTIONS");
        return result;
    }
    const auto path = decode_path(without_trailing_slash(request.path()));
    if (!path) {
        result.answer = to_response(
            {.kind = problem_kind::bad_request, .detail = "The path is not properly percent-encoded"},
            request);
        return result;
    }
    const std::string_view method = request.is_head() ? std::string_view("GET") : request.method;
    bool is_known = false;
    for (const auto& candidate : routes_) {
        if (is_known && candidate.path != result.path_template) continue;
        if (!is_known && !matches(candidate.path, *path, request.parameter)) continue;
        is_known = true;
        result.path_template = candidate.path;
        if (candidate.method != method) continue;
        result.found = &candidate;
        return result;
    }
    if (!is_known) {
        result.answer = to_response({.kind = problem_kind::not_found,
                                     .detail = "There is nothing at " + sanitize_path(request.path())},
                                    request);
    } else if (const auto allowed = allowed_methods(result.path_template); method == "OPTIONS") {
        result.answer = options_answer(allowed);
    } else {
        result.answer = not_allowed_answer(request, allowed);
    }
    return result;
}

std::string router::allowed_methods(std::string_view path_template) const {
    std::string result;
    for (const auto& route : routes_) {
        if (route.path != path_template) continue;
        result.append(route.method).append(route.method == "GET" ? ", HEAD, " : ", ");
    }
    return result + "OPTIONS";
}

}  // namespace delivery::http
