#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ports/clock.hpp"
#include "ports/logger.hpp"
#include "ports/metrics.hpp"
#include "ports/order_store.hpp"

namespace delivery::core {

/// A request that could not be served now: the store is away, a queue is full, or the deadline passed.
struct unavailable {
    /// The id under which the order may have been stored all the same. Where the draft had an idempotency key
    /// that was used before, the order stands under the id of then: only sending the draft again tells.
    std::optional<domain::uuid> unknown_order = {};
};

/// A valid order as a client asks for it.
struct order_draft {
    std::string customer_name;
    std::string address;
    std::string traceparent;  ///< Empty where there is none.
    std::optional<ports::idempotency_key> idempotency;
};

template <typename T>
using served = std::expected<T, unavailable>;

/// What the API does, on one reactor: requests are coalesced into batches, so that many share one
/// transaction. Every call answers within the request deadline, retries included. Anything but `unavailable`
/// that goes wrong is a bug and is thrown as an exception. Used and resumed on one executor only.
class order_service {
public:
    virtual ~order_service() = default;

    virtual awaitable<served<ports::create_result>> create(order_draft draft) = 0;
    virtual awaitable<served<std::optional<domain::order>>> find(domain::uuid id) = 0;
    virtual awaitable<served<std::optional<std::vector<domain::order_event>>>> history(domain::uuid id) = 0;
    /// One page of at most `request.limit` orders; ask for one more than a page holds to learn whether there
    /// are more.
    virtual awaitable<served<std::vector<domain::order>>> list(ports::page_request request) = 0;

    /// Comes back once nothing is under way any more, not even for requests that have been answered because
    /// their deadline had passed. To be awaited before the service goes away, when no more requests come in.
    virtual awaitable<void> drain() = 0;
};

}  // namespace delivery::core
