#include "sqlite/event_queries.hpp"

#include "domain/shard.hpp"
#include "sqlite/query.hpp"

namespace delivery::sqlite {

void insert_event(connection& db, const domain::order_event& event) {
    query(db,
          "INSERT INTO order_events (order_id, version, id, status, recorded_at) VALUES (?1, ?2, ?3, ?4, ?5)",
          event.order_id, event.version, event.id, event.status, event.recorded_at)
        .run();
}

bool insert_outbox_row(connection& db, const domain::order_event& event, const std::string& traceparent) {
    query(db,
          "INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (order_id, version) DO NOTHING",
          domain::shard_of(event.order_id), event.order_id, event.version, event.id, event.status,
          event.recorded_at, traceparent)
        .run();
    return db.changes() == 1;
}

void add_event(connection& db, const domain::order_event& event, const std::string& traceparent) {
    insert_event(db, event);
    insert_outbox_row(db, event, traceparent);
}

bool redrive_event(connection& db, const domain::order_event& event, domain::timestamp now) {
    if (!insert_outbox_row(db, event, {})) return false;
    query(db, "UPDATE orders SET redriven_at = ?2 WHERE id = ?1", event.order_id, now).run();
    return true;
}

std::vector<domain::order_event> find_events(connection& db, const domain::uuid& order_id) {
    query row(
        db, "SELECT id, version, status, recorded_at FROM order_events WHERE order_id = ?1 ORDER BY version",
        order_id);
    std::vector<domain::order_event> events;
    while (row.step()) {
        events.push_back({.id = row.id(0),
                          .order_id = order_id,
                          .version = row.version(1),
                          .status = row.status(2),
                          .recorded_at = row.time(3)});
    }
    return events;
}

}  // namespace delivery::sqlite
