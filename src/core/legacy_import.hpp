#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "ports/import_store.hpp"
#include "ports/legacy_orders.hpp"

namespace delivery::core {

/// The id under which something of the earlier service is known here: the same where it is a UUID, otherwise
/// a version 5 UUID (RFC 9562, section 5.5) of the text in the namespace
/// 6f8a2b1c-3d4e-5f60-8a9b-0c1d2e3f4a5b, so the same every time.
domain::uuid map_legacy_id(std::string_view id);

/// An order as it is taken over, and what had to be mended for it.
struct converted_order {
    ports::imported_order order;
    bool is_renamed = false;  ///< Its id is no UUID, and was mapped.
    bool is_repaired =
        false;  ///< A repeated event was left out, the first one was made, or a time was moved.
};

/// Makes an order with a legal history of one of the earlier service's. Events are sorted along the flow; of
/// several with one status the earliest counts; a first event that is missing is made of the order itself;
/// the first event's time is `created_at`, and no event is earlier than the one before it. Otherwise answers
/// why it cannot be taken, in words without the customer's name or address.
std::expected<converted_order, std::string> convert(const ports::legacy_order& old);

}  // namespace delivery::core
