#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "domain/timestamp.hpp"

namespace delivery::domain {

/// A UUID of any version (RFC 9562), ordered as its bytes are, which for version 7 is the order of creation.
class uuid {
public:
    using bytes_type = std::array<std::uint8_t, 16>;

    /// The nil UUID.
    constexpr uuid() = default;
    constexpr explicit uuid(const bytes_type& bytes) : bytes_(bytes) {}

    /// Reads the 8-4-4-4-12 hexadecimal form, in either case; nothing for any other text.
    static std::optional<uuid> parse(std::string_view text);

    /// The 8-4-4-4-12 form in lower case.
    [[nodiscard]] std::string to_string() const;
    void append_to(std::string& out) const;

    [[nodiscard]] constexpr const bytes_type& bytes() const { return bytes_; }

    /// The moment that an id of version 7 holds, to the millisecond; nothing for other versions.
    [[nodiscard]] std::optional<timestamp> made_at() const;

    friend constexpr auto operator<=>(const uuid&, const uuid&) = default;

private:
    bytes_type bytes_{};
};

/// 64 bits from the system's entropy.
std::uint64_t draw_entropy();

/// Makes version 7 UUIDs that ascend strictly within one generator, even when the clock stands still or goes
/// back (RFC 9562, section 6.2, method 1: a counter in rand_a, continued into the milliseconds on overflow).
/// Not safe for use by several threads: each has its own.
class uuid_generator {
public:
    /// Seeds itself from the system's entropy.
    uuid_generator();
    /// The same seed gives the same ids, for tests and simulation.
    explicit uuid_generator(std::uint64_t seed);

    uuid next(timestamp now);

private:
    std::mt19937_64 random_;
    std::int64_t milliseconds_ = 0;
    std::uint16_t counter_ = 0;
};

}  // namespace delivery::domain

template <>
struct std::hash<delivery::domain::uuid> {
    std::size_t operator()(const delivery::domain::uuid& id) const noexcept;
};
