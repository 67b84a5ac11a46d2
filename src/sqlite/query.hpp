#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "domain/status.hpp"
#include "domain/timestamp.hpp"
#include "domain/uuid.hpp"
#include "sqlite/connection.hpp"

namespace delivery::sqlite {

/// One use of a prepared statement: binds its parameters, steps through its rows, and resets it in the end,
/// also when an error is thrown, since a statement that is not reset would keep its snapshot. Two uses of one
/// statement must not overlap.
class query {
public:
    template <typename... Values>
    query(connection& db, const char* sql, const Values&... values) : statement_(db.prepare(sql)) {
        int index = 0;
        (bind(++index, values), ...);
    }
    query(const query&) = delete;
    query& operator=(const query&) = delete;
    ~query();

    /// Goes to the next row; false when there is none.
    bool step();
    /// Runs a statement whose rows do not matter.
    void run();

    // The columns of the row, from 0. Texts and bytes are valid until the next step.
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::span<const std::uint8_t> bytes(int column) const;

    // As the domain has them. What cannot be read so is thrown as `broken`.
    [[nodiscard]] std::int32_t version(int column) const;
    [[nodiscard]] domain::timestamp time(int column) const;
    [[nodiscard]] domain::uuid id(int column) const;
    [[nodiscard]] domain::status status(int column) const;

private:
    void bind(int index, std::integral auto value) { bind_integer(index, static_cast<std::int64_t>(value)); }
    void bind(int index, domain::timestamp value) { bind_integer(index, value.time_since_epoch().count()); }
    void bind(int index, const domain::uuid& value) { bind(index, std::string_view(value.to_string())); }
    void bind(int index, domain::status value) { bind(index, domain::to_string(value)); }
    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    void bind(int index, std::string_view value);
    void bind(int index, std::span<const std::uint8_t> value);
    void bind_integer(int index, std::int64_t value);

    sqlite3_stmt* statement_;
};

}  // namespace delivery::sqlite
