#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "domain/flow.hpp"
#include "support/fakes.hpp"
#include "support/memory_database.hpp"
#include "support/simulated_broker.hpp"
#include "support/simulated_network.hpp"
#include "support/simulated_time.hpp"

namespace delivery::simulation {

/// Deliberate faults in our own code's place, to prove that the simulation sees them.
enum class sabotage {
    none,
    versions_ignored,           ///< The store takes every step, whatever the order's version.
    confirms_unseen,            ///< The bus confirms what it never got.
    acknowledges_on_receive,    ///< The worker acknowledges before it has done anything.
    answers_before_commit,      ///< The service acknowledges orders although the store is away.
    settles_before_publishing,  ///< The outbox forgets rows when they are read.
    leases_ignored,             ///< Every relay publishes from every shard, whoever has it leased.
    messages_kept,              ///< A worker keeps its messages although it cannot reach the store.
    shards_kept,                ///< A relay keeps its shards although its bus does not work.
    ids_made_anew,              ///< An attempt to store an order does not know the one before it.
    keys_ignored,               ///< An idempotency key is not even looked at.
};

enum class weather {
    rough,  ///< Everything fails now and then.
    calm,   ///< Nothing does: then nothing may be done twice, either.
};

/// What clients know: every promise that they were given.
struct ledger {
    std::set<domain::uuid> acknowledged;
    std::map<std::string, std::set<domain::uuid>> orders_by_key;
    std::vector<std::string> broken_promises;
    int orders_left = 0;
    int orders_named = 0;
    int clients = 0;
};

/// Everything that simulated processes share: time, chance, the servers, and the clients' ledger.
struct world {
    world(std::uint64_t seed, sabotage how_broken, weather outside = weather::rough)
        : random(seed), broken(how_broken), is_calm(outside == weather::calm) {}

    std::uint64_t draw(std::uint64_t below) { return random() % below; }
    ports::duration draw_time(ports::duration below) {
        return ports::duration(
            static_cast<ports::duration::rep>(draw(static_cast<std::uint64_t>(below.count()))));
    }

    std::mt19937_64 random;
    sabotage broken;
    bool is_calm;
    tests::simulated_time time;
    tests::memory_database database{[this] { return time.wall(); }};
    tests::simulated_network network{time, random};
    tests::simulated_broker broker{time, random};
    tests::null_logger logger;
    tests::null_metrics metrics;
    domain::stage_durations durations;
    std::chrono::milliseconds redrive_after = std::chrono::minutes(15);
    ledger clients;
};

}  // namespace delivery::simulation
