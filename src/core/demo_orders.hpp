#pragma once

#include <cstdint>

#include "ports/import_store.hpp"

namespace delivery::core {

/// Demo order number `number`, from 0: a Brazilian customer and address, in one of the statuses, created in
/// the week before `now`. Ids, customer, status and age depend on the number alone, so that storing it again
/// changes nothing. The ids are version 8 UUIDs (RFC 9562: custom), which no other order of this service has.
ports::imported_order make_demo_order(std::uint64_t number, domain::timestamp now);

}  // namespace delivery::core
