#pragma once

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

/// Appends an array of either.
template <typename T>
void append_json_array(std::string& out, std::span<const T> items) {
    out.push_back('[');
    for (const auto& item : items) {
        if (&item != items.data()) out.push_back(',');
        append_json(out, item);
    }
    out.push_back(']');
}

}  // namespace delivery::http
