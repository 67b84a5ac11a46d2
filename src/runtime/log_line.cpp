#include "runtime/log_line.hpp"

#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/compile.h>

#include "runtime/log_escape.hpp"

namespace delivery::runtime {
namespace {

constexpr std::string_view default_logger = "delivery";

/// Appends RFC 3339 with microseconds. All but the microseconds is kept from line to line, since most lines
/// of a thread fall into the same second.
void append_time(std::string& line, domain::timestamp time) {
    constexpr std::size_t digits_at = 20;
    constexpr std::size_t digits = 6;
    thread_local std::chrono::sys_seconds kept_second = std::chrono::sys_seconds::min();
    thread_local std::string kept;
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    if (second != kept_second) {
        kept = domain::to_rfc3339(second);
        kept_second = second;
    }
    auto fraction = (time - second).count();
    for (auto i = digits; i-- > 0; fraction /= 10)
        kept[digits_at + i] = static_cast<char>('0' + fraction % 10);
    line += kept;
}

bool replaces_default(std::string_view name) { return name == "logger" || name == "role"; }

/// The text of the field with this name, or `otherwise`.
std::string_view text_of(const log_entry& entry, std::string_view name, std::string_view otherwise) {
    for (const auto& field : entry.fields) {
        const auto* text = std::get_if<std::string_view>(&field.value);
        if (text != nullptr && field.name == name) return *text;
    }
    return otherwise;
}

void append_member(std::string& line, std::string_view name, std::string_view text) {
    line += ",\"";
    line += name;
    line += "\":";
    append_json_string(line, text);
}

template <typename T>
void append_number(std::string& line, T value) {
    fmt::format_to(std::back_inserter(line), FMT_COMPILE("{}"), value);
}

struct json_value {
    std::string& line;

    void operator()(std::string_view text) const { append_json_string(line, text); }
    void operator()(bool value) const { line += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { append_number(line, value); }
    void operator()(double value) const {
        // JSON has no word for what is not a number.
        if (std::isfinite(value)) {
            append_number(line, value);
        } else {
            line += "null";
        }
    }
};

struct readable_value {
    std::string& line;

    void operator()(std::string_view text) const { append_readable(line, text, true); }
    void operator()(bool value) const { line += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { append_number(line, value); }
    void operator()(double value) const { append_number(line, value); }
};

}  // namespace

std::string_view to_string(ports::log_level level) {
    switch (level) {
        case ports::log_level::trace: return "trace";
        case ports::log_level::debug: return "debug";
        case ports::log_level::info: return "info";
        case ports::log_level::warning: return "warning";
        case ports::log_level::error: return "error";
    }
    std::unreachable();
}

void append_json_line(std::string& line, const log_origin& origin, const log_entry& entry) {
    line += "{\"timestamp\":\"";
    append_time(line, entry.time);
    line += "\",\"level\":\"";
    line += to_string(entry.level);
    line += '"';
    append_member(line, "logger", text_of(entry, "logger", default_logger));
    append_member(line, "message", entry.message);
    append_member(line, "service", origin.service);
    append_member(line, "role", text_of(entry, "role", origin.role));
    for (const auto& field : entry.fields) {
        if (replaces_default(field.name)) continue;
        line += ',';
        append_json_string(line, field.name);
        line += ':';
        std::visit(json_value{line}, field.value);
    }
    line += '}';
}

void append_text_line(std::string& line, const log_origin& origin, const log_entry& entry) {
    append_time(line, entry.time);
    fmt::format_to(std::back_inserter(line), " {:<7} [", to_string(entry.level));
    append_readable(line, text_of(entry, "role", origin.role), false);
    line += "] ";
    append_readable(line, entry.message, false);
    for (const auto& field : entry.fields) {
        if (replaces_default(field.name)) continue;
        line += ' ';
        append_readable(line, field.name, false);
        line += '=';
        std::visit(readable_value{line}, field.value);
    }
}

}  // namespace delivery::runtime
