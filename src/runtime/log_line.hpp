#pragma once

#include <span>
#include <string>
#include <string_view>

#include "domain/timestamp.hpp"
#include "ports/logger.hpp"

namespace delivery::runtime {

/// What is the same on every line of a process.
struct log_origin {
    std::string service;
    std::string role;
};

/// One thing that was logged.
struct log_entry {
    domain::timestamp time;
    ports::log_level level = ports::log_level::info;
    std::string_view message;
    std::span<const ports::log_field> fields;
};

/// trace, debug, info, warning, error.
std::string_view to_string(ports::log_level level);

/// Appends the entry as one JSON object, without a line break: timestamp, level, logger, message, service,
/// role, then the fields in their order. A field named `logger` or `role` takes the place of the default.
void append_json_line(std::string& line, const log_origin& origin, const log_entry& entry);

/// Appends the entry for people: time, level, role, message, then name=value of each field. Never a line
/// break.
void append_text_line(std::string& line, const log_origin& origin, const log_entry& entry);

}  // namespace delivery::runtime
