#include "http/request_ids.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/compile.h>

#include "core/trace_context.hpp"

namespace delivery::http {
namespace {

constexpr std::size_t request_id_max = 128;
/// In a traceparent: 2 + 32 + 16 digits and three hyphens come before the flags' two digits.
constexpr std::size_t flags_offset = 53;

bool is_plain(char c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

std::uint64_t entropy() {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}

}  // namespace

bool is_sane_request_id(std::string_view text) {
    return !text.empty() && text.size() <= request_id_max && std::ranges::all_of(text, is_plain);
}

id_maker::id_maker() : random_(entropy()) {}
id_maker::id_maker(std::uint64_t seed) : uuids_(seed), random_(seed) {}

std::string id_maker::request_id(domain::timestamp now) { return uuids_.next(now).to_string(); }

std::string id_maker::traceparent(std::string_view received) {
    std::string text;
    text.reserve(core::traceparent_size);
    const auto trace_id = core::trace_id_of(received);
    if (!trace_id.empty()) {
        fmt::format_to(std::back_inserter(text), FMT_COMPILE("00-{}-{:016x}-{}"), trace_id, nonzero(),
                       received.substr(flags_offset, 2));
    } else {
        fmt::format_to(std::back_inserter(text), FMT_COMPILE("00-{:016x}{:016x}-{:016x}-01"), nonzero(),
                       nonzero(), nonzero());
    }
    return text;
}

/// Ids of nothing but zeros are not well-formed.
std::uint64_t id_maker::nonzero() { return std::max<std::uint64_t>(random_(), 1); }

}  // namespace delivery::http
