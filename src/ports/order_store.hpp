#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/order.hpp"
#include "ports/awaitable.hpp"

namespace delivery::ports {

/// A client's key for a POST that may be repeated, and the SHA-256 of the body it came with.
struct idempotency_key {
    std::string key;
    std::array<std::uint8_t, 32> fingerprint{};
};

/// An order to be stored. Its ids are made before the first attempt, so that a retry is recognised.
struct new_order {
    domain::uuid id;
    domain::uuid event_id;
    std::string customer_name;
    std::string address;
    std::string traceparent;  ///< W3C Trace Context, empty where there is none.
    std::optional<idempotency_key> idempotency;
};

enum class create_outcome {
    created,     ///< Stored by this call or by an earlier attempt with the same order id.
    replayed,    ///< The idempotency key was used before with the same body: the order of then.
    key_reused,  ///< The idempotency key was used before with another body; nothing was written.
};

struct create_result {
    create_outcome outcome = create_outcome::created;
    /// As it was when it was created: RECEIVED, version 1. Meaningless for `key_reused`.
    domain::order order;
};

/// Where a page of orders begins: strictly after this order, in descending (created_at, id).
struct page_position {
    domain::timestamp created_at;
    domain::uuid id;
};

struct page_request {
    std::optional<domain::status> status;
    std::optional<page_position> after;
    std::size_t limit = 20;
};

/// What the API asks of the store. Every call is one transaction and answers item by item in the order of the
/// request. All throw `store_error`. Calls of one instance may overlap; all are made from, and resumed on,
/// its own executor.
class order_store {
public:
    virtual ~order_store() = default;

    /// Writes each order with its version-1 event, its outbox row and its idempotency key, all or nothing for
    /// the whole span. Created_at is the store's clock. An order whose id is already stored is left as it is,
    /// and writes nothing, not even an outbox row.
    virtual awaitable<std::vector<create_result>> create(std::span<const new_order> orders) = 0;

    virtual awaitable<std::vector<std::optional<domain::order>>> find(std::span<const domain::uuid> ids) = 0;

    /// Each order's events by version; nothing where there is no such order.
    virtual awaitable<std::vector<std::optional<std::vector<domain::order_event>>>> history(
        std::span<const domain::uuid> ids) = 0;

    /// One page by (created_at, id), descending; at most `limit` orders. Its cost does not depend on the
    /// depth.
    virtual awaitable<std::vector<domain::order>> list(const page_request& request) = 0;
};

}  // namespace delivery::ports
