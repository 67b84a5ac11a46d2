-- What POST /orders writes, as an application would: three statements in a transaction. The order's id begins with the
-- millisecond, as ours do: random ones would reach all over the indexes, which costs a page's image in the WAL each.
BEGIN;
INSERT INTO orders (id, customer_name, address, status, version, created_at, updated_at)
    VALUES ((lpad(to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint), 12, '0')
             || substr(gen_random_uuid()::text, 14))::uuid,
            'João Silva', 'Rua Exemplo, 123', 'RECEIVED', 1, now(), now()) RETURNING id AS order_id \gset
INSERT INTO order_events (order_id, version, id, status, recorded_at)
    VALUES (:order_id, 1, gen_random_uuid(), 'RECEIVED', now());
INSERT INTO outbox (shard, order_id, version, event_id, status, recorded_at, traceparent)
    VALUES (0, :order_id, 1, gen_random_uuid(), 'RECEIVED', now(),
            '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
COMMIT;
