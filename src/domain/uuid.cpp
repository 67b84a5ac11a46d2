#include "domain/uuid.hpp"

#include <cstring>

namespace delivery::domain {
namespace {

constexpr std::size_t text_size = 36;
constexpr std::uint16_t counter_max = 0x0fff;

constexpr bool is_hyphen_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::uint64_t draw_entropy() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

std::optional<uuid> uuid::parse(std::string_view text) {
    if (text.size() != text_size) return std::nullopt;
    bytes_type bytes{};
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text_size; ++i) {
        if (is_hyphen_position(i)) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        const int value = hex_value(text[i]);
        if (value < 0) return std::nullopt;
        auto& byte = bytes[digits++ / 2];
        byte = static_cast<std::uint8_t>(byte << 4 | value);
    }
    return uuid(bytes);
}

std::string uuid::to_string() const {
    std::string text;
    append_to(text);
    return text;
}

void uuid::append_to(std::string& out) const {
    static constexpr std::string_view hex = "0123456789abcdef";
    std::array<char, text_size> text{};
    std::size_t at = 0;
    for (const auto byte : bytes_) {
        if (is_hyphen_position(at)) text[at++] = '-';
        text[at++] = hex[byte >> 4];
        text[at++] = hex[byte & 0x0f];
    }
    out.append(text.data(), text.size());
}

std::optional<timestamp> uuid::made_at() const {
    constexpr int time_ordered = 7;
    if (bytes_[6] >> 4 != time_ordered) return std::nullopt;
    std::int64_t milliseconds = 0;
    for (std::size_t i = 0; i < 6; ++i) milliseconds = milliseconds << 8 | bytes_[i];
    return timestamp(std::chrono::milliseconds(milliseconds));
}

uuid_generator::uuid_generator() : uuid_generator(draw_entropy()) {}

uuid_generator::uuid_generator(std::uint64_t seed) : random_(seed) {}

uuid uuid_generator::next(timestamp now) {
    const std::int64_t wall = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
    if (wall > milliseconds_) {
        milliseconds_ = wall;
        // Starts in the lower half, so that there is room to count up within the millisecond.
        counter_ = static_cast<std::uint16_t>(random_() & (counter_max >> 1));
    } else if (counter_ < counter_max) {
        ++counter_;
    } else {
        ++milliseconds_;
        counter_ = 0;
    }

    uuid::bytes_type bytes{};
    for (std::size_t i = 0; i < 6; ++i) {
        bytes[i] = static_cast<std::uint8_t>(milliseconds_ >> (40 - 8 * i));
    }
    bytes[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);
    bytes[7] = static_cast<std::uint8_t>(counter_);
    const std::uint64_t tail = random_();
    std::memcpy(&bytes[8], &tail, sizeof tail);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    return uuid(bytes);
}

}  // namespace delivery::domain

std::size_t std::hash<delivery::domain::uuid>::operator()(const delivery::domain::uuid& id) const noexcept {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, id.bytes().data(), sizeof high);
    std::memcpy(&low, id.bytes().data() + sizeof high, sizeof low);
    return static_cast<std::size_t>(high ^ (low * 0x9e3779b97f4a7c15ULL));
}
