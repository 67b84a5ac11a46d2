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
            forget(entry);
            continue;
        }
        entry.is_held = true;
        entry.is_surplus = ++kept > view.fair_share;
    }
}

void shard_table::lost_all() { std::ranges::for_each(shards_, forget); }

std::vector<ports::shard_position> shard_table::begin_batch(std::size_t lane) {
    std::vector<ports::shard_position> positions;
    for (std::size_t number = lane; number < shards_.size(); number += lanes_) {
        auto& entry = shards_[number];
        entry.is_busy = entry.is_held && !entry.is_surplus;
        if (entry.is_busy) {
            positions.push_back({.shard = static_cast<std::uint8_t>(number), .after = entry.position});
        }
    }
    return positions;
}

void shard_table::end_batch(std::size_t lane) {
    for (std::size_t number = lane; number < shards_.size(); number += lanes_)
        shards_[number].is_busy = false;
}

void shard_table::read_up_to(std::span<const ports::outbox_row> rows, const std::vector<bool>& settled) {
    std::array<bool, domain::shard_count> is_stopped{};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = rows[i].shard;
        if (!settled[i] || !holds(number)) is_stopped.at(number) = true;
        if (!is_stopped.at(number)) shards_.at(number).position = rows[i].sequence;
    }
}

void shard_table::rewind(std::size_t lane) {
    for (std::size_t number = lane; number < shards_.size(); number += lanes_) shards_[number].position = -1;
}

std::vector<std::uint8_t> shard_table::take_surplus() {
    std::vector<std::uint8_t> surplus;
    for (std::size_t number = 0; number < shards_.size(); ++number) {
        if (!shards_[number].is_surplus || shards_[number].is_busy) continue;
        surplus.push_back(static_cast<std::uint8_t>(number));
        forget(shards_[number]);
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
