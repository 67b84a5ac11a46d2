-- Numbers :first to :last of :orders finished orders with their histories, as they would be after a life each, a
-- millisecond apart.
WITH stored AS (
    INSERT INTO orders (id, customer_name, address, status, version, created_at, updated_at)
    SELECT ('01900000-' || lpad(to_hex(n >> 16), 4, '0') || '-7' || lpad(to_hex((n >> 4) & 4095), 3, '0') || '-8'
            || lpad(to_hex(n & 15), 3, '0') || '-' || substr(md5(n::text), 1, 12))::uuid,
           'João Silva', 'Rua Exemplo, ' || n, 'DELIVERED', 3,
           now() - (:orders - n) * interval '1 millisecond' - interval '1 day',
           now() - (:orders - n) * interval '1 millisecond' - interval '1 day' + interval '3 seconds'
    FROM generate_series(:first, :last) AS n
    RETURNING id, created_at
)
INSERT INTO order_events (order_id, version, id, status, recorded_at)
SELECT o.id, s.version, gen_random_uuid(), s.status, o.created_at + s.delay
FROM stored o CROSS JOIN (VALUES (1, 'RECEIVED', interval '0'), (2, 'IN_TRANSIT', interval '1 second'),
                                 (3, 'DELIVERED', interval '3 seconds')) AS s (version, status, delay);
