// Input: header fields, "name: value", one a line, then an empty line and a body.

#include <algorithm>

#include "fuzz/targets.hpp"
#include "http/conditional.hpp"
#include "http/idempotency.hpp"
#include "http/media_type.hpp"
#include "http/request_ids.hpp"

namespace delivery::fuzz {
namespace {

void check_idempotency_key(const http::request& request) {
    const auto key = http::read_idempotency_key(request);
    if (!key) {
        require(key.error().contains("Idempotency-Key"), "a refusal names the header");
        require_one_line(key.error(), "a refusal");
        return;
    }
    require(key->has_value() == (request.headers.count("Idempotency-Key") == 1),
            "a key that was sent is used");
    if (!*key) return;
    const auto& text = (*key)->key;
    require(!text.empty() && text.size() <= 255, "a key is bounded");
    require_one_line(text, "a key");

    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    http::request again;
    again.headers.add("idempotency-key", quoted + "\"");
    again.body = request.body;
    const auto same = http::read_idempotency_key(again);
    require(same && *same && (*same)->key == text && (*same)->fingerprint == (*key)->fingerprint,
            "a key is the same quoted and plain");
}

void check_conditions(std::string_view value) {
    require(!http::matches_etag(value, "\"7\"") || value.contains("\"7\"") || value.contains('*'),
            "only what names a tag matches it");
    const auto listed = std::string("\"a,b\", W/\"7\"");
    require(http::matches_etag(listed, "\"7\""), "a tag in a list is found");
    require(!http::accepts_gzip(value) || value.contains('*') ||
                std::ranges::any_of(value, [](char c) { return c == 'g' || c == 'G'; }),
            "gzip is accepted only where it is named");
    require(!http::accepts_gzip("gzip;q=0, " + std::string(value)), "gzip is not forced upon a client");
    require(!http::is_json_media_type(value) ||
                std::ranges::any_of(value, [](char c) { return c == 'j' || c == 'J'; }),
            "only JSON is JSON");
}

}  // namespace

void try_headers(std::string_view bytes) {
    http::request request;
    while (!bytes.empty()) {
        const auto line = take_line(bytes);
        if (line.empty()) break;
        const auto colon = std::min(line.find(": "), line.size());
        const auto value = line.substr(std::min(colon + 2, line.size()));
        request.headers.add(line.substr(0, colon), value);
        check_conditions(value);
        require(!http::is_sane_request_id(value) || value.size() <= 128, "a request id is bounded");
        if (http::is_sane_request_id(value)) require_one_line(value, "a request id");

        http::response answer;
        answer.add("X-Echo", value);
        require(answer.fields.empty() || std::ranges::count(answer.fields, '\n') == 1,
                "a value adds no header of its own");
    }
    request.body = bytes;
    check_idempotency_key(request);
}

}  // namespace delivery::fuzz
