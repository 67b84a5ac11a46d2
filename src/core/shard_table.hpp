#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "domain/shard.hpp"
#include "ports/outbox_store.hpp"

namespace delivery::core {

/// Which shards a relay holds, up to where it has read each, and which it is giving up. Pure bookkeeping.
/// Shards are dealt to lanes (shard modulo lanes), each of which has at most one batch in the works.
class shard_table {
public:
    explicit shard_table(std::size_t lanes) : lanes_(lanes) {}

    /// What a renewal answered: newly held shards are read from their beginning; those no longer held are
    /// forgotten; what exceeds the fair share is given up.
    void renewed(const ports::lease_view& view);

    /// No lease is certain any more.
    void lost_all();

    /// The shards that a lane may read from now, with their positions; the lane is busy with them until
    /// `end_batch`.
    std::vector<ports::shard_position> begin_batch(std::size_t lane);
    void end_batch(std::size_t lane);

    /// Moves on in the shards of a batch that are still held. Positions stay before the first row of a shard
    /// that was not settled.
    void read_up_to(std::span<const ports::outbox_row> rows, const std::vector<bool>& settled);

    /// Reads a lane's shards from their beginning again: a row with a lower sequence can commit later.
    void rewind(std::size_t lane);

    /// Shards to be given up that no batch is busy with; they are forgotten at once. A busy lane begins no
    /// other batch with them, so that they are free after the one in the works, however much there is to do.
    std::vector<std::uint8_t> take_surplus();

    [[nodiscard]] std::vector<std::uint8_t> held() const;
    [[nodiscard]] bool holds(std::uint8_t number) const { return shards_.at(number).is_held; }

private:
    struct shard {
        bool is_held = false;
        bool is_surplus = false;
        bool is_busy = false;
        std::int64_t position = -1;
    };

    static void forget(shard& entry) { entry = {.is_busy = entry.is_busy}; }

    std::array<shard, domain::shard_count> shards_{};
    std::size_t lanes_;
};

}  // namespace delivery::core
