#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

namespace delivery::chaos {

struct options {
    std::chrono::milliseconds length{std::chrono::minutes(1)};
    std::uint64_t seed = 0;  ///< A fresh one where none was given.
    std::string json_file;
    std::string sabotage;
    bool wants_help = false;
};

/// What the arguments ask for, or what is wrong with them.
std::expected<options, std::string> parse_options(std::span<const char* const> arguments);

std::string usage();

}  // namespace delivery::chaos
