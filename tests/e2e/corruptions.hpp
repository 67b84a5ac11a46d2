#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/sql.hpp"

namespace delivery::tests {

/// How the two stores differ in SQL, as far as these tests write it.
enum class sql_dialect { postgres, sqlite };

/// A moment so many seconds from now, as an expression of the dialect.
std::string seconds_from_now(sql_dialect dialect, int seconds);

/// The orders that `write_sound_orders` writes: one of each status, with whatever it waits for.
inline constexpr std::string_view received_order = "01900000-0000-7000-8000-000000000001";
inline constexpr std::string_view in_transit_order = "01900000-0000-7000-8000-000000000002";
inline constexpr std::string_view delivered_order = "01900000-0000-7000-8000-000000000003";
inline constexpr std::string_view no_order = "01900000-0000-7000-8000-00000000000f";

/// Writes orders with which the audit has nothing to find fault, into an empty database with its schema.
void write_sound_orders(sql_database& database, sql_dialect dialect);

/// One way to break the database of `write_sound_orders`, and the order that the audit must name for it.
struct corruption {
    std::string name;
    std::string statement;
    std::string order_id;

    /// The name as GoogleTest wants it.
    [[nodiscard]] std::string test_name() const;
};

/// For GoogleTest.
void PrintTo(const corruption& broken, std::ostream* out);

std::vector<corruption> all_corruptions(sql_dialect dialect);

}  // namespace delivery::tests
