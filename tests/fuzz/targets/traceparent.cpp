// Input: the header traceparent.

#include <functional>

#include "core/trace_context.hpp"
#include "fuzz/targets.hpp"
#include "http/request_ids.hpp"

namespace delivery::fuzz {

void try_traceparent(std::string_view bytes) {
    const auto trace_id = core::trace_id_of(bytes);
    require(trace_id.empty() || trace_id.size() == 32, "a trace id has 32 digits");
    require(trace_id.find_first_not_of("0123456789abcdef") == std::string_view::npos,
            "a trace id is in lower case hexadecimal");
    require(trace_id.empty() || trace_id.find_first_not_of('0') != std::string_view::npos,
            "a trace id is not nil");

    // Seeded by the input: the fuzzer would find out the one id that a fixed seed gives.
    http::id_maker ids(std::hash<std::string_view>{}(bytes));
    const auto child = ids.traceparent(bytes);
    require(child.size() == 55 && child.starts_with("00-"), "a child has the form of version 00");
    require(!core::trace_id_of(child).empty(), "a child is well-formed");
    require(trace_id.empty() || core::trace_id_of(child) == trace_id, "a child belongs to the same trace");
    require(trace_id.empty() || child.substr(36, 16) != bytes.substr(36, 16), "a child has an id of its own");
}

}  // namespace delivery::fuzz
