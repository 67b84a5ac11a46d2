#pragma once

#include <cstdint>

#include "domain/uuid.hpp"

namespace delivery::domain {

/// The outbox is split into this many shards, which relays lease. An order's events all lie in one shard.
inline constexpr std::uint8_t shard_count = 64;

/// The shard of an order, 0 to `shard_count` - 1: FNV-1a of the id's bytes. Stored, so it must never change.
std::uint8_t shard_of(const uuid& order_id);

}  // namespace delivery::domain
