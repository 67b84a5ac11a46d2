#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/timestamp.hpp"
#include "domain/uuid.hpp"

namespace delivery::postgres {

/// The values of a statement's parameters in PostgreSQL's binary format, in the order in which they are
/// added. Arrays are made of the members of a range's items, or of what a function says about them; an
/// optional one may be NULL.
class parameters {
public:
    parameters& add(const domain::uuid& value);
    parameters& add(std::int32_t value);
    parameters& add(std::int64_t value);
    parameters& add(domain::timestamp value);
    parameters& add(std::string_view value);

    template <typename Items, typename Member = std::identity>
    parameters& add_array(const Items& items, Member member = {});

    [[nodiscard]] int count() const { return static_cast<int>(buffers_.size()); }
    [[nodiscard]] const char* const* values() const;
    [[nodiscard]] const int* lengths() const;
    /// All ones: binary.
    [[nodiscard]] const int* formats() const;

private:
    std::string& next_buffer();

    std::vector<std::string> buffers_;
    mutable std::vector<const char*> pointers_;
    mutable std::vector<int> lengths_;
    mutable std::vector<int> formats_;
};

/// Bytes that are no text.
struct binary {
    std::string_view bytes;
};

/// PostgreSQL's number of the type of an array's elements.
template <typename T>
inline constexpr std::uint32_t type_number = 0;
template <>
inline constexpr std::uint32_t type_number<std::array<std::uint8_t, 32>> = 17;
template <>
inline constexpr std::uint32_t type_number<binary> = 17;
template <>
inline constexpr std::uint32_t type_number<std::int64_t> = 20;
template <>
inline constexpr std::uint32_t type_number<std::int16_t> = 21;
template <>
inline constexpr std::uint32_t type_number<std::int32_t> = 23;
template <>
inline constexpr std::uint32_t type_number<std::string_view> = 25;
template <>
inline constexpr std::uint32_t type_number<std::string> = 25;
template <>
inline constexpr std::uint32_t type_number<domain::uuid> = 2950;
template <typename T>
inline constexpr std::uint32_t type_number<std::optional<T>> = type_number<T>;

/// Writes one array: dimensions, NULL flag, element type, size, lower bound, then each element after its
/// length.
class array_writer {
public:
    array_writer(std::string& out, std::uint32_t type, std::size_t size);

    void write(const domain::uuid& value);
    void write(std::int16_t value);
    void write(std::int32_t value);
    void write(std::int64_t value);
    void write(std::string_view value);
    void write(const std::array<std::uint8_t, 32>& value);
    void write(binary value) { write(value.bytes); }
    template <typename T>
    void write(const std::optional<T>& value) {
        if (value) {
            write(*value);
        } else {
            write_null();
        }
    }

private:
    void write_null();

    std::string& out_;
};

template <typename Items, typename Member>
parameters& parameters::add_array(const Items& items, Member member) {
    using element = std::remove_cvref_t<decltype(std::invoke(member, *std::begin(items)))>;
    static_assert(type_number<element> != 0, "no binary format for this type");
    array_writer writer(next_buffer(), type_number<element>, std::size(items));
    for (const auto& item : items) writer.write(std::invoke(member, item));
    return *this;
}

}  // namespace delivery::postgres
