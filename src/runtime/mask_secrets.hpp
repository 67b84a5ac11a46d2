#pragma once

#include <string>
#include <string_view>

namespace delivery::runtime {

/// A URL or connection string fit to be shown: the password of its user information and every `password=…`
/// in it become ***. Meant for malformed text too: rather hides too much than shows a secret.
std::string mask_secrets(std::string_view text);

}  // namespace delivery::runtime
