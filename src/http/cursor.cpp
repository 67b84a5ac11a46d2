#include "http/cursor.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace delivery::http {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t version = 1;

// A version, the time in microseconds, the id, and a checksum of all three.
constexpr std::size_t time_offset = 1;
constexpr std::size_t id_offset = 9;
constexpr std::size_t checksum_offset = 25;
constexpr std::size_t size = 29;
constexpr std::size_t text_size = (size * 8 + 5) / 6;
using cursor_bytes = std::array<std::uint8_t, size>;

void put_number(std::span<std::uint8_t> into, std::uint64_t value) {
    for (std::size_t i = into.size(); i-- > 0; value >>= 8U) into[i] = static_cast<std::uint8_t>(value);
}

std::uint64_t get_number(std::span<const std::uint8_t> from) {
    std::uint64_t value = 0;
    for (const auto byte : from) value = value << 8U | byte;
    return value;
}

/// FNV-1a, 32 bits.
std::uint32_t checksum(std::span<const std::uint8_t> bytes) {
    std::uint32_t hash = 2166136261U;
    for (const auto byte : bytes) hash = (hash ^ byte) * 16777619U;
    return hash;
}

/// Times outside are those of no order, and stores have narrower bounds than 64 bits.
bool is_time_of_order(domain::timestamp time) {
    constexpr std::chrono::sys_days first = std::chrono::year(1) / 1 / 1;
    constexpr std::chrono::sys_days past_last = std::chrono::year(10'000) / 1 / 1;
    return time >= first && time < past_last;
}

std::string to_base64url(std::span<const std::uint8_t> bytes) {
    std::string text;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const auto byte : bytes) {
        bits = (bits << 8U | byte) & 0xffffU;
        for (count += 8; count >= 6; count -= 6) text.push_back(alphabet[bits >> (count - 6) & 0x3fU]);
    }
    if (count != 0) text.push_back(alphabet[bits << (6 - count) & 0x3fU]);
    return text;
}

std::optional<cursor_bytes> from_base64url(std::string_view text) {
    if (text.size() != text_size) return std::nullopt;
    cursor_bytes bytes{};
    std::size_t position = 0;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const auto c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6U | static_cast<std::uint32_t>(value)) & 0xffffU;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes[position++] = static_cast<std::uint8_t>(bits >> count);
    }
    // Bits left over are zero: one position has one text.
    const bool is_canonical = (bits & ((1U << count) - 1U)) == 0;
    return is_canonical ? std::optional(bytes) : std::nullopt;
}

}  // namespace

std::string encode_cursor(const ports::page_position& position) {
    cursor_bytes bytes{};
    const std::span all(bytes);
    bytes[0] = version;
    put_number(all.subspan(time_offset, 8),
               static_cast<std::uint64_t>(position.created_at.time_since_epoch().count()));
    std::ranges::copy(position.id.bytes(), all.subspan(id_offset).begin());
    put_number(all.subspan(checksum_offset), checksum(all.first(checksum_offset)));
    return to_base64url(bytes);
}

std::optional<ports::page_position> decode_cursor(std::string_view text) {
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->front() != version) return std::nullopt;
    const std::span all(*bytes);
    if (get_number(all.subspan(checksum_offset)) != checksum(all.first(checksum_offset))) return std::nullopt;

    domain::uuid::bytes_type id{};
    std::ranges::copy(all.subspan(id_offset, id.size()), id.begin());
    const auto time = static_cast<std::int64_t>(get_number(all.subspan(time_offset, 8)));
    const domain::timestamp created_at{std::chrono::microseconds(time)};
    if (!is_time_of_order(created_at)) return std::nullopt;
    return ports::page_position{.created_at = created_at, .id = domain::uuid(id)};
}

}  // namespace delivery::http
