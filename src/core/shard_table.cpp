#include "core/shard_table.hpp"

#include <algorithm>

namespace delivery::core {

void shard_table::renewed(const ports::lease_view& view) {
    std::array<bool, domain::shard_count> is_leased{};
    for (const auto number : view.shards) is_leased.at(number) = true;

    std::size_t kept = 0;
    for (std::size_t number = 0; number < shards_.size(); ++number) {
        auto& entry = shards_[number];
        if (!is_leased[number]) {
            entry = {};
            continue;
        }
        entry.is_held = true;
        entry.is_surplus = ++kept > view.fair_share;
    }
}

void shard_table::lost_all() { shards_.fill({}); }

std::vector<ports::shard_position> shard_table::begin_batch(std::size_t lane) {
    std::vector<ports::shard_position> positions;
    for (std::size_t number = lane; number < shards_.size(); number += busy_.size()) {
        const auto& entry = shards_[number];
        if (entry.is_held && !entry.is_surplus) {
            positions.push_back({.shard = static_cast<std::uint8_t>(number), .after = entry.position});
        }
    }
    busy_.at(lane) = !positions.empty();
    return positions;
}

void shard_table::read_up_to(std::span<const ports::outbox_row> rows, const std::vector<bool>& settled) {
    std::array<bool, domain::shard_count> is_stopped{};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = rows[i].shard;
        if (!settled[i]) is_stopped.at(number) = true;
        if (!is_stopped.at(number)) shards_.at(number).position = rows[i].sequence;
    }
}

void shard_table::rewind(std::size_t lane) {
    for (std::size_t number = lane; number < shards_.size(); number += busy_.size()) shards_[number].position = -1;
}

std::vector<std::uint8_t> shard_table::take_surplus() {
    std::vector<std::uint8_t> surplus;
    for (std::size_t number = 0; number < shards_.size(); ++number) {
        if (!shards_[number].is_surplus || busy_[lane_of(number)]) continue;
        surplus.push_back(static_cast<std::uint8_t>(number));
        shards_[number] = {};
    }
    return surplus;
}

std::vector<std::uint8_t> shard_table::held() const {
    std::vector<std::uint8_t> numbers;
    for (std::size_t number = 0; number < shards_.size(); ++number) {
        if (shards_[number].is_held) numbers.push_back(static_cast<std::uint8_t>(number));
    }
    return numbers;
}

}  // namespace delivery::core
