#include "core/trace_context.hpp"

#include <algorithm>

namespace delivery::core {
namespace {

constexpr std::size_t trace_id_offset = 3;
constexpr std::size_t trace_id_size = 32;
constexpr std::size_t parent_id_offset = 36;
constexpr std::size_t parent_id_size = 16;

bool is_lower_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c == '0'; });
}

}  // namespace

std::string_view trace_id_of(std::string_view traceparent) {
    if (traceparent.size() < traceparent_size) return {};
    const auto version = traceparent.substr(0, 2);
    // Version 00 ends here; later versions may go on after a hyphen. ff is forbidden.
    const bool ends_well =
        traceparent.size() == traceparent_size || (version != "00" && traceparent[traceparent_size] == '-');
    const auto trace_id = traceparent.substr(trace_id_offset, trace_id_size);
    const auto parent_id = traceparent.substr(parent_id_offset, parent_id_size);
    const bool well_formed = ends_well && version != "ff" && is_lower_hex(version) && traceparent[2] == '-' &&
                             is_lower_hex(trace_id) && traceparent[35] == '-' && is_lower_hex(parent_id) &&
                             traceparent[52] == '-' && is_lower_hex(traceparent.substr(53, 2));
    return well_formed && !is_zero(trace_id) && !is_zero(parent_id) ? trace_id : std::string_view{};
}

std::string sanitize_traceparent(std::string_view received) {
    if (trace_id_of(received).empty()) return {};
    return "00" + std::string(received.substr(2, traceparent_size - 2));
}

}  // namespace delivery::core
