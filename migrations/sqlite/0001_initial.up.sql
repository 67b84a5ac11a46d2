-- Orders, their history, and what moves them on.
--
-- Ids are UUIDs as lower-case text. Times are whole microseconds since 1970-01-01T00:00:00Z; by hand:
--   SELECT id, status, datetime(created_at / 1000000, 'unixepoch') FROM orders;

CREATE TABLE orders (
    id            TEXT    NOT NULL PRIMARY KEY,
    customer_name TEXT    NOT NULL,
    address       TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    redriven_at   INTEGER
) STRICT, WITHOUT ROWID;

-- A page of one status reads this index; a page of all merges it, status by status.
CREATE INDEX orders_by_status ON orders (status, created_at DESC, id DESC);

-- The source of truth for an order's status, version and times. Without a foreign key to orders: rows are
-- only ever written together with the order's own, and `delivery audit` finds orphans.
CREATE TABLE order_events (
    order_id    TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, version)
) STRICT, WITHOUT ROWID;

-- Events that wait to be published. AUTOINCREMENT: a sequence is never given twice, even once all rows are
-- settled.
CREATE TABLE outbox (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    shard       INTEGER NOT NULL,
    order_id    TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    event_id    TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    traceparent TEXT    NOT NULL DEFAULT '',
    UNIQUE (order_id, version)
) STRICT;

CREATE INDEX outbox_by_shard ON outbox (shard, sequence);

-- Steps that are due later: the next one of an order.
CREATE TABLE timers (
    order_id    TEXT    NOT NULL PRIMARY KEY,
    version     INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    traceparent TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE INDEX timers_by_due_time ON timers (due_at);

-- The relays that live, and the shards of the outbox that each has leased.
CREATE TABLE relays (
    owner      TEXT    NOT NULL PRIMARY KEY,
    bus        TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE shard_leases (
    shard      INTEGER PRIMARY KEY,
    owner      TEXT    NOT NULL,
    bus        TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- Messages of the in-process bus that can never succeed.
CREATE TABLE dead_letters (
    id         TEXT    NOT NULL PRIMARY KEY,
    body       BLOB    NOT NULL,
    reason     TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Clients' keys for requests that may be repeated. The fingerprint is the SHA-256 of the body.
CREATE TABLE idempotency_keys (
    key         TEXT    NOT NULL PRIMARY KEY,
    fingerprint BLOB    NOT NULL,
    order_id    TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
