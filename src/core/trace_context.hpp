#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace delivery::core {

/// Of a traceparent of version 00: 2 + 32 + 16 + 2 digits and three hyphens.
inline constexpr std::size_t traceparent_size = 55;

/// The trace id (32 hexadecimal digits) of a W3C traceparent; empty where it is not well-formed.
/// Source: https://www.w3.org/TR/trace-context/#traceparent-header
std::string_view trace_id_of(std::string_view traceparent);

/// A traceparent that came from outside, as it may be stored and passed on: of version 00, or empty where it
/// is not well-formed.
std::string sanitize_traceparent(std::string_view received);

}  // namespace delivery::core
