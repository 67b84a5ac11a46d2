-- A random :percent of the stored orders, numbered: which ones select_chosen.sql and GET read.
CREATE TABLE chosen_orders AS
SELECT row_number() OVER () AS number, id FROM orders TABLESAMPLE BERNOULLI (:percent);
ALTER TABLE chosen_orders ADD PRIMARY KEY (number);
VACUUM ANALYZE chosen_orders;
