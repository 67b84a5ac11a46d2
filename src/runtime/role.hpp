#pragma once

#include <cstdint>
#include <initializer_list>

namespace delivery::runtime {

/// What a process does: serve clients, publish the outbox, take orders through their steps.
enum class role : std::uint8_t { api, relay, worker };

/// The roles of one process; `delivery run` has all of them.
class role_set {
public:
    constexpr role_set(std::initializer_list<role> roles) {
        for (const auto value : roles) bits_ |= bit(value);
    }

    [[nodiscard]] constexpr bool has(role value) const { return (bits_ & bit(value)) != 0; }
    friend constexpr bool operator==(role_set, role_set) = default;

private:
    static constexpr unsigned bit(role value) { return 1U << static_cast<unsigned>(value); }
    unsigned bits_ = 0;
};

inline constexpr role_set all_roles{role::api, role::relay, role::worker};

}  // namespace delivery::runtime
