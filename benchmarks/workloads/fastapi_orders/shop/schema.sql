DROP TABLE IF EXISTS order_lines, orders, products, users;

CREATE TABLE users (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    password text NOT NULL
);

CREATE TABLE products (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    category text NOT NULL,
    price_cents integer NOT NULL
);

CREATE TABLE orders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users,
    state text NOT NULL DEFAULT 'new',
    ordered_on date NOT NULL DEFAULT current_date
);

CREATE TABLE order_lines (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id integer NOT NULL REFERENCES orders,
    product_id integer NOT NULL REFERENCES products,
    quantity integer NOT NULL CHECK (quantity > 0)
);

CREATE INDEX ON products (category);
CREATE INDEX ON orders (user_id, state);
CREATE INDEX ON order_lines (order_id);
