#pragma once

#include <cstddef>
#include <string>

#include "ports/finding.hpp"

namespace delivery::postgres {

/// Looks at a server as a service would use it, with `connections` of its connections: whether it can be
/// reached and written, its schema, our rights, its clock, and what makes commits durable. Changes nothing;
/// blocks, for some seconds at most where nobody answers.
ports::findings examine(const std::string& url, std::size_t connections);

}  // namespace delivery::postgres
