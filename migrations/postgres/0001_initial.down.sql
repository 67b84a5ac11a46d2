DROP TABLE idempotency_keys;
DROP TABLE dead_letters;
DROP TABLE shard_leases;
DROP TABLE relays;
DROP TABLE timers;
DROP TABLE outbox;
DROP TABLE order_events;
DROP TABLE orders;
