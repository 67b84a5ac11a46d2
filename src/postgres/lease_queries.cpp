#include <fmt/format.h>

#include <charconv>

#include "domain/shard.hpp"
#include "postgres/postgres_store.hpp"

// Leases change under one advisory lock, in scripts: each statement after the lock has a snapshot of its own,
// which a single statement that took the lock itself would not. A script is still one round trip and one
// transaction, so no frozen relay ever holds the lock. Scripts have no parameters; everything in them is
// digits or hexadecimal.
namespace delivery::postgres {
namespace {

/// Of this purpose alone, in the space of advisory locks of the database.
constexpr std::int64_t lease_lock = 0x64656c69766572;

constexpr statement find_bus{.name = "find_other_bus",
                             .sql = R"(
SELECT bus FROM relays WHERE bus <> $1::text AND expires_at > clock_timestamp()
    AND expires_at <= clock_timestamp() + interval '1 minute' LIMIT 1)",
                             .writes = false};

std::string hexadecimal(std::string_view text) {
    std::string digits;
    for (const auto byte : text) digits += fmt::format("{:02x}", static_cast<std::uint8_t>(byte));
    return digits;
}

std::string text_literal(std::string_view text) {
    return fmt::format("convert_from(decode('{}', 'hex'), 'UTF8')", hexadecimal(text));
}

// A relay on another bus than a living one is not registered, so that a refused stranger stops nobody. It
// still renews what it holds: it was there first. No lease is given for as long as a minute: one that lies
// further ahead is of before the clock was set back, and ends as if it were given now, lest a dead relay hold
// it until then.
constexpr auto renew_script = R"(
SELECT pg_advisory_xact_lock({lock});
UPDATE relays SET expires_at = clock_timestamp() + {ttl} * interval '1 millisecond'
    WHERE expires_at > clock_timestamp() + interval '1 minute';
UPDATE shard_leases SET expires_at = clock_timestamp() + {ttl} * interval '1 millisecond'
    WHERE expires_at > clock_timestamp() + interval '1 minute';
DELETE FROM relays WHERE expires_at <= clock_timestamp();
INSERT INTO relays (owner, bus, expires_at)
    SELECT '{owner}', {bus}, clock_timestamp() + {ttl} * interval '1 millisecond'
    WHERE NOT EXISTS (SELECT FROM relays WHERE bus <> {bus})
    ON CONFLICT (owner) DO UPDATE SET bus = excluded.bus, expires_at = excluded.expires_at;
UPDATE shard_leases SET expires_at = clock_timestamp() + {ttl} * interval '1 millisecond'
    WHERE owner = '{owner}' AND expires_at > clock_timestamp();
UPDATE shard_leases
    SET owner = '{owner}', bus = {bus}, expires_at = clock_timestamp() + {ttl} * interval '1 millisecond'
    WHERE shard IN (
        SELECT shard FROM shard_leases WHERE owner IS NULL OR expires_at <= clock_timestamp()
        ORDER BY shard LIMIT (
            SELECT CASE WHEN bool_or(owner = '{owner}')
                THEN greatest(ceil({shards}.0 / count(*))
                    - (SELECT count(*) FROM shard_leases
                        WHERE owner = '{owner}' AND expires_at > clock_timestamp()), 0)
                ELSE 0 END
            FROM relays));
SELECT shard, ceil({shards}.0 / (SELECT greatest(count(*), 1) FROM relays))::integer
FROM (SELECT) AS always
LEFT JOIN shard_leases ON owner = '{owner}' AND expires_at > clock_timestamp()
ORDER BY shard)";

constexpr auto release_script = R"(
SELECT pg_advisory_xact_lock({lock});
UPDATE shard_leases SET owner = NULL, bus = NULL, expires_at = NULL
    WHERE owner = '{owner}' AND shard = ANY ('{{{shards}}}'))";

constexpr auto retire_script = R"(
SELECT pg_advisory_xact_lock({lock});
DELETE FROM relays WHERE owner = '{owner}';
UPDATE shard_leases SET owner = NULL, bus = NULL, expires_at = NULL WHERE owner = '{owner}')";

std::size_t read_number(std::string_view digits) {
    std::size_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

}  // namespace

awaitable<std::optional<std::string>> postgres_store::find_other_bus(const std::string& bus) {
    parameters values;
    values.add(std::string_view(bus));
    const auto found = co_await run(find_bus, values);
    if (found.empty()) co_return std::nullopt;
    co_return found.text(0, 0);
}

awaitable<ports::lease_view> postgres_store::renew_leases(const ports::relay_identity& relay,
                                                          std::chrono::milliseconds time_to_live) {
    const auto script =
        fmt::format(renew_script, fmt::arg("lock", lease_lock), fmt::arg("owner", relay.owner.to_string()),
                    fmt::arg("bus", text_literal(relay.bus)), fmt::arg("ttl", time_to_live.count()),
                    fmt::arg("shards", domain::shard_count));
    const auto found = co_await run_script("renew_leases", script);
    ports::lease_view view;
    for (int row = 0; row < found.size(); ++row) {
        view.fair_share = read_number(found.bytes(row, 1));
        if (!found.is_null(row, 0))
            view.shards.push_back(static_cast<std::uint8_t>(read_number(found.bytes(row, 0))));
    }
    co_return view;
}

awaitable<void> postgres_store::release_leases(const ports::relay_identity& relay,
                                               std::span<const std::uint8_t> shards) {
    if (shards.empty()) co_return;
    const auto script =
        fmt::format(release_script, fmt::arg("lock", lease_lock), fmt::arg("owner", relay.owner.to_string()),
                    fmt::arg("shards", fmt::join(shards, ",")));
    co_await run_script("release_leases", script);
}

awaitable<void> postgres_store::retire(const ports::relay_identity& relay) {
    const auto script =
        fmt::format(retire_script, fmt::arg("lock", lease_lock), fmt::arg("owner", relay.owner.to_string()));
    co_await run_script("retire", script);
}

}  // namespace delivery::postgres
