#pragma once

#include <string>

#include "ports/finding.hpp"

namespace delivery::sqlite {

/// Looks at a database file, or at the place where it would be made: whether it can be written, its schema,
/// and the room on its disk. Leaves nothing behind.
ports::findings examine(const std::string& path);

}  // namespace delivery::sqlite
