#pragma once

#include <string_view>

namespace delivery::cli {

/// Of this build, from the project's CMake file.
inline constexpr std::string_view version = DELIVERY_VERSION;

}  // namespace delivery::cli
