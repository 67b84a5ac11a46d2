#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/status.hpp"
#include "domain/timestamp.hpp"
#include "domain/uuid.hpp"
#include "postgres/session.hpp"

namespace delivery::postgres {

/// Reads a result in the binary format, a column at a time. A value of another shape than asked for is a
/// schema that does not fit: store_error `broken`.
class rows {
public:
    explicit rows(result_ptr result);

    [[nodiscard]] int size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    [[nodiscard]] bool is_null(int row, int column) const;
    [[nodiscard]] domain::uuid uuid(int row, int column) const;
    [[nodiscard]] std::string text(int row, int column) const { return std::string(bytes(row, column)); }
    [[nodiscard]] bool boolean(int row, int column) const;
    [[nodiscard]] std::int16_t int16(int row, int column) const;
    [[nodiscard]] std::int32_t int32(int row, int column) const;
    [[nodiscard]] std::int64_t int64(int row, int column) const;
    [[nodiscard]] domain::timestamp timestamp(int row, int column) const;
    [[nodiscard]] domain::status status(int row, int column) const;
    [[nodiscard]] std::string_view bytes(int row, int column) const;

private:
    [[nodiscard]] std::string_view bytes(int row, int column, std::size_t size) const;

    result_ptr result_;
    int size_ = 0;
};

}  // namespace delivery::postgres
