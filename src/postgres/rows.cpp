#include "postgres/rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "ports/store_error.hpp"

namespace delivery::postgres {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw ports::store_error(ports::store_fault::broken, what);
}

template <typename T>
T read_number(std::string_view bytes) {
    std::make_unsigned_t<T> value = 0;
    for (const auto byte : bytes) {
        value = static_cast<std::make_unsigned_t<T>>((value << 8U) | static_cast<std::uint8_t>(byte));
    }
    return static_cast<T>(value);
}

}  // namespace

rows::rows(result_ptr result) : result_(std::move(result)), size_(result_ ? PQntuples(result_.get()) : 0) {}

bool rows::is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

std::string_view rows::bytes(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::string_view rows::bytes(int row, int column, std::size_t size) const {
    const auto found = bytes(row, column);
    if (found.size() != size) {
        fail(fmt::format("column {} has {} bytes instead of {}", PQfname(result_.get(), column), found.size(),
                         size));
    }
    return found;
}

domain::uuid rows::uuid(int row, int column) const {
    domain::uuid::bytes_type value{};
    std::ranges::copy(bytes(row, column, value.size()), value.begin());
    return domain::uuid(value);
}

bool rows::boolean(int row, int column) const { return bytes(row, column, 1)[0] != 0; }

std::int16_t rows::int16(int row, int column) const {
    return read_number<std::int16_t>(bytes(row, column, 2));
}

std::int32_t rows::int32(int row, int column) const {
    return read_number<std::int32_t>(bytes(row, column, 4));
}

std::int64_t rows::int64(int row, int column) const {
    return read_number<std::int64_t>(bytes(row, column, 8));
}

domain::timestamp rows::timestamp(int row, int column) const {
    constexpr domain::timestamp epoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
    const std::chrono::microseconds since(int64(row, column));
    if (since > std::chrono::microseconds::max() - epoch.time_since_epoch()) return domain::timestamp::max();
    return epoch + since;
}

domain::status rows::status(int row, int column) const {
    const auto status = domain::parse_status(bytes(row, column));
    if (!status) fail("an order has a status that this binary does not know");
    return *status;
}

}  // namespace delivery::postgres
