#include "http/json_text.hpp"

#include <array>

namespace delivery::http {
namespace {

/// What a byte becomes inside a JSON string: 0 itself, 'u' a \u00XX escape, anything else that letter after a
/// backslash.
constexpr auto escapes = [] {
    std::array<char, 256> table{};
    for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    table['"'] = '"';
    table['\\'] = '\\';
    return table;
}();

/// What an order's object has around its two texts, where none of their bytes needs an escape.
constexpr std::size_t order_frame_size = 160;

void append_escape(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    const char escape = escapes[byte];
    out.append({'\\', escape});
    if (escape == 'u') out.append({'0', '0', digits[byte >> 4U], digits[byte & 0xfU]});
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (escapes[static_cast<unsigned char>(text[i])] == 0) continue;
        out.append(text.substr(start, i - start));
        append_escape(out, text[i]);
        start = i + 1;
    }
    out.append(text.substr(start)).push_back('"');
}

std::string to_json_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

void append_json(std::string& out, const domain::order& order) {
    out.reserve(out.size() + order_frame_size + order.customer_name.size() + order.address.size());
    out.append(R"({"id":")");
    order.id.append_to(out);
    out.append(R"(","customer_name":)");
    append_json_string(out, order.customer_name);
    out.append(R"(,"address":)");
    append_json_string(out, order.address);
    out.append(R"(,"status":")").append(to_string(order.status));
    out.append(R"(","created_at":")");
    domain::append_rfc3339(out, order.created_at);
    out.append(R"("})");
}

void append_json(std::string& out, const domain::order_event& event) {
    out.append(R"({"id":")");
    event.id.append_to(out);
    out.append(R"(","order_id":")");
    event.order_id.append_to(out);
    out.append(R"(","status":")").append(to_string(event.status));
    out.append(R"(","timestamp":")");
    domain::append_rfc3339(out, event.recorded_at);
    out.append(R"("})");
}

}  // namespace delivery::http
