INSERT INTO products (name, category, price_cents)
SELECT 'Product ' || i, (ARRAY['tea', 'coffee', 'cocoa'])[1 + i % 3], 100 + 25 * i
FROM generate_series(1, 60) AS i;

INSERT INTO orders (user_id, state, ordered_on)
SELECT 1 + (i - 1) % (SELECT count(*) FROM users)::integer,
       CASE WHEN (i - 1) / 20 % 4 = 0 THEN 'new' ELSE 'shipped' END,
       DATE '2026-01-01' + i % 90
FROM generate_series(1, 400) AS i;

INSERT INTO order_lines (order_id, product_id, quantity)
SELECT i, 1 + (7 * i + 13 * line) % 60, 1 + i % 3
FROM generate_series(1, 400) AS i, generate_series(1, 2) AS line
ORDER BY i, line;
