#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "domain/order.hpp"

namespace delivery::http {

/// Appends a text as a JSON string, quotes included. UTF-8 passes as it is; quotes, backslashes and control
/// characters are escaped.
void append_json_string(std::string& out, std::string_view text);

/// The same on its own.
std::string to_json_string(std::string_view text);

/// Appends {"id","customer_name","address","status","created_at"}.
void append_json(std::string& out, const domain::order& order);

/// Appends {"id","order_id","status","timestamp"}.
void append_json(std::string& out, const domain::order_event& event);

/// Appends an array of either, and answers how many items it took: none begins where `out` has more than so
/// many bytes already.
template <typename T>
std::size_t append_json_array(std::string& out, std::span<const T> items,
                              std::size_t bytes_max = std::string::npos) {
    std::size_t taken = 0;
    out.push_back('[');
    for (const auto& item : items) {
        if (out.size() > bytes_max) break;
        if (taken++ > 0) out.push_back(',');
        append_json(out, item);
    }
    out.push_back(']');
    return taken;
}

}  // namespace delivery::http
