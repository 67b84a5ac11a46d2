#pragma once

#include <cstdint>
#include <string>

#include "domain/status.hpp"
#include "domain/timestamp.hpp"
#include "domain/uuid.hpp"

namespace delivery::domain {

/// An order as it stands now. Its version is the number of its latest event, from 1.
struct order {
    uuid id;
    std::string customer_name;
    std::string address;
    domain::status status = domain::status::received;
    std::int32_t version = 1;
    timestamp created_at;
    timestamp updated_at;

    friend bool operator==(const order&, const order&) = default;
};

/// One change of an order's status. The events of an order, by version, are its history and the source of
/// truth.
struct order_event {
    uuid id;
    uuid order_id;
    std::int32_t version = 1;
    domain::status status = domain::status::received;
    timestamp recorded_at;

    friend bool operator==(const order_event&, const order_event&) = default;
};

}  // namespace delivery::domain
