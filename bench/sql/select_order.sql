-- One row by its key. The key is a number here, since pgbench cannot make a UUID without help from the server.
\set number random(1, :orders)
SELECT id, customer_name, address, status, version, created_at, updated_at FROM numbered_orders WHERE number = :number;
