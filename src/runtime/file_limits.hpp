#pragma once

#include <cstdint>

namespace delivery::runtime {

/// Raises how many files and sockets this process may have open to the hard limit, and answers the limit in
/// force. Where that is refused, things stay as they are.
std::uint64_t raise_file_limit() noexcept;

}  // namespace delivery::runtime
