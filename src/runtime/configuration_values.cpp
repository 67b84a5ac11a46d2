#include "runtime/configuration_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <boost/asio/ip/address.hpp>

namespace delivery::runtime {
namespace {

constexpr auto longest_duration = std::chrono::hours(24 * 365);

struct time_unit {
    std::string_view name;
    double milliseconds;
};

constexpr std::array<time_unit, 4> time_units{{{"ms", 1.0}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}}};

bool is_decimal(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && is_digit(text.front()) && is_digit(text.back()) &&
           std::ranges::count(text, '.') <= 1 &&
           std::ranges::all_of(text, [&](char c) { return is_digit(c) || c == '.'; });
}

}  // namespace

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string to_lower(std::string_view text) {
    std::string lower(text);
    for (auto& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

std::optional<std::uint32_t> parse_whole_number(std::string_view text, std::uint32_t minimum,
                                                std::uint32_t maximum) {
    std::uint32_t value = 0;
    const auto end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, value);
    if (fault != std::errc() || stop != end || value < minimum || value > maximum) return std::nullopt;
    return value;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (text == "0") return std::chrono::milliseconds(0);
    const auto number = text.substr(0, std::min(text.find_first_not_of("0123456789."), text.size()));
    const auto unit = std::ranges::find(time_units, text.substr(number.size()), &time_unit::name);
    if (unit == time_units.end() || !is_decimal(number)) return std::nullopt;
    double value = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), value).ec != std::errc())
        return std::nullopt;
    const auto length = value * unit->milliseconds;
    if (length > static_cast<double>(std::chrono::milliseconds(longest_duration).count()))
        return std::nullopt;
    const auto rounded = std::llround(length);
    return std::chrono::milliseconds(rounded == 0 && length > 0 ? 1 : rounded);
}

std::optional<bool> parse_boolean(std::string_view text) {
    const auto word = to_lower(text);
    if (word == "true" || word == "1" || word == "yes" || word == "on") return true;
    if (word == "false" || word == "0" || word == "no" || word == "off") return false;
    return std::nullopt;
}

std::optional<ports::log_level> parse_log_level(std::string_view text) {
    using enum ports::log_level;
    constexpr std::array<std::pair<std::string_view, ports::log_level>, 6> names{{{"trace", trace},
                                                                                  {"debug", debug},
                                                                                  {"info", info},
                                                                                  {"warning", warning},
                                                                                  {"warn", warning},
                                                                                  {"error", error}}};
    const auto word = to_lower(text);
    for (const auto& [name, level] : names) {
        if (name == word) return level;
    }
    return std::nullopt;
}

std::optional<std::string> parse_listen_address(std::string_view text) {
    if (to_lower(text) == "localhost") return "127.0.0.1";
    boost::system::error_code fault;
    const auto address = boost::asio::ip::make_address(std::string(text), fault);
    if (fault) return std::nullopt;
    return address.to_string();
}

std::optional<std::string> parse_name(std::string_view text) {
    const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
    if (text.empty() || text.size() > 64 || !std::ranges::all_of(text, is_printable)) return std::nullopt;
    return std::string(text);
}

}  // namespace delivery::runtime
