#pragma once

#include <string>
#include <string_view>

namespace delivery::core {

/// The trace id (32 hexadecimal digits) of a W3C traceparent; empty where it is not well-formed.
/// Source: https://www.w3.org/TR/trace-context/#traceparent-header
std::string_view trace_id_of(std::string_view traceparent);

/// A traceparent without what later versions of the standard may add behind it; empty where it is not
/// well-formed.
std::string_view usable_traceparent(std::string_view traceparent);

}  // namespace delivery::core
