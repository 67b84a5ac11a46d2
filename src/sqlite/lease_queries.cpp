#include "sqlite/lease_queries.hpp"

#include <algorithm>
#include <array>

#include "domain/shard.hpp"
#include "sqlite/query.hpp"

namespace delivery::sqlite {
namespace {

/// No lease is given for as long: one that lies further ahead is of before the clock was set back.
constexpr std::chrono::minutes longest_lease{1};

// Such leases end as if they were given now, lest a dead relay hold them until the clock has come that far
// again.
void shorten_leases(connection& db, domain::timestamp expires_at, domain::timestamp now) {
    query(db, "UPDATE relays SET expires_at = ?1 WHERE expires_at > ?2", expires_at, now + longest_lease)
        .run();
    query(db, "UPDATE shard_leases SET expires_at = ?1 WHERE expires_at > ?2", expires_at,
          now + longest_lease)
        .run();
}

std::vector<std::uint8_t> find_held(connection& db, const domain::uuid& owner, domain::timestamp now) {
    query row(db, "SELECT shard FROM shard_leases WHERE owner = ?1 AND expires_at > ?2 ORDER BY shard", owner,
              now);
    std::vector<std::uint8_t> shards;
    while (row.step()) shards.push_back(static_cast<std::uint8_t>(row.integer(0)));
    return shards;
}

std::vector<std::uint8_t> find_free(connection& db, domain::timestamp now) {
    std::array<bool, domain::shard_count> is_leased{};
    query row(db, "SELECT shard FROM shard_leases WHERE expires_at > ?1 AND shard BETWEEN 0 AND ?2", now,
              domain::shard_count - 1);
    while (row.step()) is_leased[static_cast<std::size_t>(row.integer(0))] = true;
    std::vector<std::uint8_t> shards;
    for (std::uint8_t shard = 0; shard < domain::shard_count; ++shard) {
        if (!is_leased[shard]) shards.push_back(shard);
    }
    return shards;
}

std::size_t register_relay(connection& db, const ports::relay_identity& relay, domain::timestamp expires_at,
                           domain::timestamp now) {
    query(db, "DELETE FROM relays WHERE expires_at <= ?1", now).run();
    query(db,
          "INSERT INTO relays (owner, bus, expires_at) VALUES (?1, ?2, ?3) "
          "ON CONFLICT (owner) DO UPDATE SET bus = excluded.bus, expires_at = excluded.expires_at",
          relay.owner, relay.bus, expires_at)
        .run();
    query count(db, "SELECT count(*) FROM relays");
    return count.step() ? static_cast<std::size_t>(count.integer(0)) : 1;
}

}  // namespace

std::optional<std::string> find_other_bus(connection& db, const std::string& bus, domain::timestamp now) {
    query row(db,
              "SELECT bus FROM relays WHERE bus <> ?1 AND expires_at > ?2 AND expires_at <= ?3 ORDER BY "
              "owner LIMIT 1",
              bus, now, now + longest_lease);
    if (!row.step()) return std::nullopt;
    return std::string(row.text(0));
}

ports::lease_view renew_leases(connection& db, const ports::relay_identity& relay,
                               std::chrono::milliseconds time_to_live, domain::timestamp now) {
    const auto expires_at = now + time_to_live;
    shorten_leases(db, expires_at, now);
    if (find_other_bus(db, relay.bus, now))
        return {.shards = find_held(db, relay.owner, now), .fair_share = 0};

    const auto living = register_relay(db, relay, expires_at, now);
    ports::lease_view view{.shards = find_held(db, relay.owner, now),
                           .fair_share = (domain::shard_count + living - 1) / living};
    for (const auto shard : find_free(db, now)) {
        if (view.shards.size() >= view.fair_share) break;
        view.shards.push_back(shard);
    }
    std::ranges::sort(view.shards);
    for (const auto shard : view.shards) {
        query(db,
              "INSERT OR REPLACE INTO shard_leases (shard, owner, bus, expires_at) VALUES (?1, ?2, ?3, ?4)",
              shard, relay.owner, relay.bus, expires_at)
            .run();
    }
    return view;
}

void release_leases(connection& db, const ports::relay_identity& relay,
                    std::span<const std::uint8_t> shards) {
    for (const auto shard : shards) {
        query(db, "DELETE FROM shard_leases WHERE shard = ?1 AND owner = ?2", shard, relay.owner).run();
    }
}

void retire_relay(connection& db, const ports::relay_identity& relay) {
    query(db, "DELETE FROM shard_leases WHERE owner = ?1", relay.owner).run();
    query(db, "DELETE FROM relays WHERE owner = ?1", relay.owner).run();
}

}  // namespace delivery::sqlite
