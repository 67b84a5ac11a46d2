#include "targets.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>

#include "domain/order_text.hpp"

namespace delivery::fuzz {

void require(bool holds, const std::string& promise) {
    if (!holds) throw broken_property(promise);
}

void require_json(std::string_view text, const std::string& what) {
    boost::system::error_code error;
    boost::json::parse({text.data(), text.size()}, error);
    require(!error, what + " is valid JSON: " + std::string(text));
}

void require_one_line(std::string_view text, const std::string& what) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    require(std::ranges::none_of(text, is_control), what + " holds no control characters");
    require(domain::is_utf8(text), what + " is UTF-8");
}

std::string_view take_line(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
}

}  // namespace delivery::fuzz
