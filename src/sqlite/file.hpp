#pragma once

#include <string>

namespace delivery::sqlite {

/// Creates the database's file where there is none, and its folder; both for this user only. Throws
/// `open_error`.
void create_file(const std::string& path);

/// What the latest failed call of the system says.
std::string system_reason();

}  // namespace delivery::sqlite
