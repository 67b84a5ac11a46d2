-- The order as it stands. Its history below is the source of truth; name and address live here alone, so that they can
-- be erased without touching history.
CREATE TABLE orders (
    id uuid PRIMARY KEY,
    customer_name text NOT NULL,
    address text NOT NULL,
    status text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    redriven_at timestamptz
);

-- The one secondary index: pages of one status are a range of it, pages of all are merged from one range a status.
CREATE INDEX orders_by_status ON orders (status, created_at DESC, id DESC);

-- No foreign key to orders: it costs about 5 microseconds a row, and rows are only ever written by the statement that
-- writes the order. `delivery audit` finds orphans.
CREATE TABLE order_events (
    order_id uuid NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    id uuid NOT NULL,
    status text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, version)
);

-- Events that wait to be published; settled rows are deleted. CACHE 1, because the versions of an order, written by
-- different sessions, must ascend in sequence.
CREATE TABLE outbox (
    shard smallint NOT NULL CHECK (shard BETWEEN 0 AND 63),
    sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY (CACHE 1),
    order_id uuid NOT NULL,
    version integer NOT NULL,
    event_id uuid NOT NULL,
    status text NOT NULL,
    recorded_at timestamptz NOT NULL,
    traceparent text NOT NULL,
    PRIMARY KEY (order_id, version)
) WITH (
    -- Emptied as fast as it is filled: vacuumed by count, not by a share of its size, and analysed never, since what
    -- the planner learns in one moment is wrong in the next.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_threshold = 2000000000
);

CREATE UNIQUE INDEX outbox_by_shard ON outbox (shard, sequence);

-- Steps that are due later. A row is written, replaced and deleted only under the lock of its order's row.
CREATE TABLE timers (
    order_id uuid PRIMARY KEY,
    version integer NOT NULL,
    shard smallint NOT NULL,
    due_at timestamptz NOT NULL,
    traceparent text NOT NULL
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_threshold = 2000000000
);

CREATE INDEX timers_by_due_time ON timers (due_at);

-- Living relays and the shards that each may publish. Updated every second: room for HOT updates within the page.
CREATE TABLE relays (
    owner uuid PRIMARY KEY,
    bus text NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE shard_leases (
    shard smallint PRIMARY KEY CHECK (shard BETWEEN 0 AND 63),
    owner uuid,
    bus text,
    expires_at timestamptz
) WITH (fillfactor = 25);

INSERT INTO shard_leases (shard) SELECT generate_series(0, 63);

CREATE TABLE dead_letters (
    id uuid PRIMARY KEY,
    body bytea NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE idempotency_keys (
    key text PRIMARY KEY,
    fingerprint bytea NOT NULL,
    order_id uuid NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
