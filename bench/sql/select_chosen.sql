-- One order by its id, which comes from a small table, since pgbench has none of its own.
\set number random(1, :chosen)
SELECT id, customer_name, address, status, version, created_at, updated_at
FROM orders WHERE id = (SELECT id FROM chosen_orders WHERE number = :number);
