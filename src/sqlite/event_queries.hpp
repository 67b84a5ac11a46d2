#pragma once

#include <string>
#include <vector>

#include "domain/order.hpp"
#include "sqlite/connection.hpp"

namespace delivery::sqlite {

/// Writes an event to its order's history.
void insert_event(connection& db, const domain::order_event& event);

/// Puts an event into the outbox. Answers false where it waits there already.
bool insert_outbox_row(connection& db, const domain::order_event& event, const std::string& traceparent);

/// Both of these: the two always go together when an order changes.
void add_event(connection& db, const domain::order_event& event, const std::string& traceparent);

/// Puts an order's latest event into the outbox long after it was recorded, and keeps the time of that with
/// the order. Answers false where it waits there already.
bool redrive_event(connection& db, const domain::order_event& event, domain::timestamp now);

/// An order's events by version; none where there is no such order.
std::vector<domain::order_event> find_events(connection& db, const domain::uuid& order_id);

}  // namespace delivery::sqlite
