#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace delivery::http {

/// Decodes %XX; everything else, `+` included, stands for itself. Nothing where a `%` is not followed by two
/// hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// A path as it may stand in a URI reference: what a client sent raw against the rules is encoded, what is
/// already encoded is left. The result is plain ASCII without quotes, backslashes and control characters.
std::string sanitize_path(std::string_view path);

}  // namespace delivery::http
