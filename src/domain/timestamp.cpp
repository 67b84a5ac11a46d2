#include "domain/timestamp.hpp"

#include <charconv>
#include <iterator>

#include <fmt/compile.h>

namespace delivery::domain {
namespace {

/// Reads exactly `width` digits from the front of `text` and the separator after them.
bool take_number(std::string_view& text, std::size_t width, char separator, unsigned& value) {
    if (text.size() < width + 1 || text[width] != separator) return false;
    for (const char c : text.substr(0, width)) {
        if (c < '0' || c > '9') return false;
    }
    std::from_chars(text.data(), text.data() + width, value);
    text.remove_prefix(width + 1);
    return true;
}

/// Reads `SS` or `SS.f` to `SS.ffffff` followed by the final Z.
bool take_seconds(std::string_view text, unsigned& seconds, unsigned& microseconds) {
    microseconds = 0;
    if (text.size() == 3) return take_number(text, 2, 'Z', seconds) && text.empty();
    if (!take_number(text, 2, '.', seconds) || text.size() < 2 || text.size() > 7) return false;
    const auto digits = text.size() - 1;
    if (!take_number(text, digits, 'Z', microseconds)) return false;
    for (auto i = digits; i < 6; ++i) microseconds *= 10;
    return true;
}

}  // namespace

std::string to_rfc3339(timestamp time) {
    std::string text;
    append_rfc3339(text, time);
    return text;
}

void append_rfc3339(std::string& out, timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z"),
                   static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                   static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(),
                   clock.seconds().count(), clock.subseconds().count());
}

std::optional<timestamp> parse_rfc3339(std::string_view text) {
    namespace chrono = std::chrono;
    unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micro = 0;
    if (!take_number(text, 4, '-', year) || !take_number(text, 2, '-', month) ||
        !take_number(text, 2, 'T', day) || !take_number(text, 2, ':', hour) ||
        !take_number(text, 2, ':', minute) || !take_seconds(text, second, micro)) {
        return std::nullopt;
    }
    const chrono::year_month_day date(chrono::year(static_cast<int>(year)), chrono::month(month),
                                      chrono::day(day));
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute) + chrono::seconds(second) +
           chrono::microseconds(micro);
}

}  // namespace delivery::domain
