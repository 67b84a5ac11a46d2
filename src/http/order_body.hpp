#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "http/problem.hpp"

namespace delivery::http {

/// A new order as a client's JSON has it, valid.
struct order_body {
    std::string customer_name;
    std::string address;
};

/// Reads the body of POST /orders. Otherwise a bad_request (not JSON, not UTF-8, nested too deeply) or a
/// validation_error with all faults at once.
std::expected<order_body, problem> parse_order_body(std::string_view body);

}  // namespace delivery::http
