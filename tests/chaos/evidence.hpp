#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "chaos/plan.hpp"
#include "domain/uuid.hpp"

namespace delivery::chaos {

using domain::uuid;

/// The statuses of a whole life, the version of each being its place.
inline constexpr std::array<std::string_view, 3> life_cycle{"RECEIVED", "IN_TRANSIT", "DELIVERED"};

/// What a client sends to have an order made. Every name and every address is sent for one order only.
struct posted_order {
    std::string name;
    std::string address;

    friend bool operator==(const posted_order&, const posted_order&) = default;
};

/// An order as a client was promised it.
struct acknowledged_order {
    uuid id;
    posted_order posted;
    std::string created_at;  ///< As the answer has it.
};

/// One row of the history, times in microseconds.
struct stored_event {
    uuid id;
    int version = 0;
    std::string status;
    std::int64_t recorded_at = 0;
};

/// An order as the database has it in the end, with its history by version.
struct stored_order {
    uuid id;
    posted_order posted;
    std::string status;
    int version = 0;
    std::int64_t created_at = 0;
    std::vector<stored_event> history;
};

/// One event as it was heard on the exchange. Positions count all messages heard, from 1; 0 is never.
struct heard_event {
    uuid id;
    std::uint64_t first_position = 0;
    std::uint32_t times = 0;
};

/// All that was heard on the exchange.
struct wire_record {
    std::unordered_map<uuid, std::array<heard_event, life_cycle.size()>> orders;
    std::uint64_t messages = 0;
    std::vector<std::string> strange;  ///< Messages that say what no event says.

    /// Takes down one message. A redelivery of what was heard before is the broker's doing towards this
    /// consumer, and no repeat on the wire. Answers whether it was a new event.
    bool hear(const std::string& body, bool redelivered);
};

/// The longest time that passed without a good answer.
struct unavailability {
    std::chrono::milliseconds overall{};  ///< To any client.
    std::vector<std::chrono::milliseconds> clients;
};

/// What the clients have seen.
struct client_record {
    std::vector<acknowledged_order> acknowledged;
    std::vector<std::string> answered_twice;  ///< Keys for which two orders were acknowledged.
    std::vector<uuid> denied;                 ///< Acknowledged, and then answered 404.
    std::vector<std::string> strange;         ///< Answers that the contract does not have.
    std::vector<std::string> misread;         ///< Answers that contradict the request or earlier answers.
    std::map<int, std::uint64_t> statuses;
    std::uint64_t unanswered = 0;
    std::uint64_t retried = 0;  ///< Posts sent again with their key.
    unavailability without_answer;
};

/// A fault that could not be carried out: which, and why not.
struct failed_fault {
    fault_kind kind = fault_kind::kill_role;
    std::string what;
};

/// What was done to the deployment.
struct fault_record {
    milliseconds length{};                      ///< For how long there were faults.
    std::map<fault_kind, std::uint64_t> made;   ///< 0 for kinds whose turn did not come.
    std::map<fault_kind, std::string> skipped;  ///< Kinds that were not tried, and why.
    std::vector<failed_fault> failed;
};

/// All that the verdict is drawn from.
struct evidence {
    fault_record faults;
    client_record clients;
    std::vector<stored_order> stored;
    std::vector<std::string> orphans;  ///< Events, outbox rows and timers that are left without their order.
    std::uint64_t outbox_left = 0;
    std::uint64_t timers_left = 0;
    wire_record wire;
    bool is_still_moving = false;               ///< Whether what is left was still being done at the end.
    std::vector<std::string> dead_letters;      ///< Their reasons.
    std::vector<std::string> unexpected_exits;  ///< Roles that ended without being told to.
    std::string audit;                          ///< What `delivery audit` said where it did not agree.
};

}  // namespace delivery::chaos
