-- What select_order.sql reads.
CREATE TABLE numbered_orders AS
SELECT row_number() OVER (ORDER BY id) AS number, id, customer_name, address, status, version, created_at, updated_at
FROM orders;
ALTER TABLE numbered_orders ADD PRIMARY KEY (number);
VACUUM ANALYZE numbered_orders;
