// Input: a request's target, and its bytes as the position that a cursor stands for.

#include <algorithm>
#include <array>
#include <cstring>

#include "fuzz/targets.hpp"
#include "http/cursor.hpp"
#include "http/message.hpp"
#include "http/page_query.hpp"
#include "http/percent.hpp"

namespace delivery::fuzz {
namespace {

constexpr std::size_t rfc3339_size = 27;

void check_path(std::string_view path) {
    const auto sane = http::sanitize_path(path);
    const auto is_plain = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
    require(std::ranges::all_of(sane, is_plain), "a sanitized path is plain ASCII");
    require(http::sanitize_path(sane) == sane, "a sanitized path stays as it is");
    const auto decoded = http::percent_decode(path);
    require(http::percent_decode(sane).has_value(), "a sanitized path can be decoded");
    require(!decoded || http::percent_decode(sane) == decoded, "a sanitized path names the same");
}

void check_position(const ports::page_position& position) {
    require(domain::to_rfc3339(position.created_at).size() == rfc3339_size,
            "a cursor's time is one that an order can have");
}

void check_page(const ports::page_request& page) {
    require(page.limit >= 1 && page.limit <= http::page_limit_max, "a page is bounded");
    if (page.after) check_position(*page.after);
}

void check_cursor_text(std::string_view text) {
    const auto position = http::decode_cursor(text);
    if (!position) return;
    check_position(*position);
    require(http::encode_cursor(*position) == text, "a position has one cursor");
}

/// The first eight bytes are a time, the next sixteen an id.
void check_cursor_position(std::string_view bytes) {
    std::int64_t time = 0;
    domain::uuid::bytes_type id{};
    if (bytes.size() < sizeof time + id.size()) return;
    std::memcpy(&time, bytes.data(), sizeof time);
    std::memcpy(id.data(), bytes.data() + sizeof time, id.size());
    const ports::page_position position{.created_at = domain::timestamp(std::chrono::microseconds(time)),
                                        .id = domain::uuid(id)};
    const auto cursor = http::encode_cursor(position);
    check_cursor_text(cursor);
    const auto is_common = time >= 0 && time < std::chrono::microseconds(std::chrono::years(200)).count();
    const auto page = http::parse_page_query("limit=7&cursor=" + cursor);
    require(!is_common || (page && page->after && page->after->created_at == position.created_at &&
                           page->after->id == position.id),
            "a cursor leads back to its position");
}

}  // namespace

void try_target(std::string_view bytes) {
    http::request request;
    request.target = bytes;
    check_path(request.path());
    const auto page = http::parse_page_query(request.query());
    if (page) {
        check_page(*page);
    } else {
        require_one_line(page.error(), "what is wrong with a query");
    }
    check_cursor_text(bytes);
    check_cursor_position(bytes);
}

}  // namespace delivery::fuzz
