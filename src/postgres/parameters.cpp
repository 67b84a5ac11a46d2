#include "postgres/parameters.hpp"

#include <chrono>
#include <concepts>
#include <span>

namespace delivery::postgres {
namespace {

template <std::integral T>
void append(std::string& out, T value) {
    std::array<char, sizeof(T)> bytes{};
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        const auto shift = 8 * (sizeof(T) - 1 - i);
        bytes[i] = static_cast<char>(static_cast<std::make_unsigned_t<T>>(value) >> shift & 0xFFU);
    }
    out.append(bytes.data(), bytes.size());
}

/// Bytes that are no `char` would go through a string of their own.
void append(std::string& out, std::span<const std::uint8_t> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void append_length(std::string& out, std::size_t length) { append(out, static_cast<std::int32_t>(length)); }

}  // namespace

std::string& parameters::next_buffer() { return buffers_.emplace_back(); }

parameters& parameters::add(const domain::uuid& value) {
    append(next_buffer(), value.bytes());
    return *this;
}

parameters& parameters::add(std::int32_t value) {
    append(next_buffer(), value);
    return *this;
}

parameters& parameters::add(std::int64_t value) {
    append(next_buffer(), value);
    return *this;
}

// PostgreSQL counts microseconds from 2000-01-01.
parameters& parameters::add(domain::timestamp value) {
    constexpr auto epoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
    const auto since = value == domain::timestamp::max() ? domain::timestamp::duration::max() : value - epoch;
    append(next_buffer(), static_cast<std::int64_t>(since.count()));
    return *this;
}

parameters& parameters::add(std::string_view value) {
    next_buffer() = value;
    return *this;
}

const char* const* parameters::values() const {
    pointers_.clear();
    for (const auto& buffer : buffers_) pointers_.push_back(buffer.data());
    return pointers_.data();
}

const int* parameters::lengths() const {
    lengths_.clear();
    for (const auto& buffer : buffers_) lengths_.push_back(static_cast<int>(buffer.size()));
    return lengths_.data();
}

const int* parameters::formats() const {
    formats_.assign(buffers_.size(), 1);
    return formats_.data();
}

array_writer::array_writer(std::string& out, std::uint32_t type, std::size_t size) : out_(out) {
    constexpr std::int32_t has_null = 0;
    constexpr std::int32_t lower_bound = 1;
    append(out_, std::int32_t{size == 0 ? 0 : 1});
    append(out_, has_null);
    append(out_, type);
    if (size == 0) return;
    append_length(out_, size);
    append(out_, lower_bound);
}

void array_writer::write_null() {
    constexpr std::size_t last_byte_of_flag = 7;
    out_[last_byte_of_flag] = 1;
    append(out_, std::int32_t{-1});
}

void array_writer::write(const domain::uuid& value) {
    append_length(out_, value.bytes().size());
    append(out_, value.bytes());
}

void array_writer::write(std::int16_t value) {
    append_length(out_, sizeof(value));
    append(out_, value);
}

void array_writer::write(std::int32_t value) {
    append_length(out_, sizeof(value));
    append(out_, value);
}

void array_writer::write(std::int64_t value) {
    append_length(out_, sizeof(value));
    append(out_, value);
}

void array_writer::write(std::string_view value) {
    append_length(out_, value.size());
    out_.append(value);
}

void array_writer::write(const std::array<std::uint8_t, 32>& value) {
    append_length(out_, value.size());
    append(out_, value);
}

}  // namespace delivery::postgres
