#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "chaos/evidence.hpp"
#include "support/sql.hpp"

namespace delivery::chaos {

/// What is still under way.
struct remainder {
    std::int64_t unfinished = 0;
    std::int64_t outbox = 0;
    std::int64_t timers = 0;
    std::int64_t unheard = 0;  ///< Events stored that the observer has not heard.

    [[nodiscard]] bool is_nothing() const { return unfinished + outbox + timers == 0 && unheard <= 0; }
    friend bool operator==(const remainder&, const remainder&) = default;
};

remainder measure_remainder(tests::sql_database& database, std::uint64_t heard);

/// Reads all orders with their histories, what lies without an order, and what is left, a page at a time.
void collect_stored(tests::sql_database& database, evidence& into);

/// The reasons of the dead letters, which are taken from their queue; a bounded number of them.
std::vector<std::string> collect_dead_letters(const std::string& rabbitmq_url);

}  // namespace delivery::chaos
