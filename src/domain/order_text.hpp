#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace delivery::domain {

inline constexpr std::size_t customer_name_max = 200;
inline constexpr std::size_t address_max = 500;

/// Why a text cannot be a customer's name or an address, in words for the client; nothing when it can.
/// It must be well-formed UTF-8 (else: a lone surrogate or broken sequence), hold no NUL, and have 1 to
/// `maximum` code points once Unicode White_Space is trimmed from both ends.
std::optional<std::string> find_text_fault(std::string_view text, std::size_t maximum);

/// Whether bytes are well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace delivery::domain
