#include "domain/shard.hpp"

namespace delivery::domain {

std::uint8_t shard_of(const uuid& order_id) {
    constexpr std::uint32_t offset_basis = 2166136261U;
    constexpr std::uint32_t prime = 16777619U;
    std::uint32_t hash = offset_basis;
    for (const auto byte : order_id.bytes()) {
        hash = (hash ^ byte) * prime;
    }
    return static_cast<std::uint8_t>(hash % shard_count);
}

}  // namespace delivery::domain
