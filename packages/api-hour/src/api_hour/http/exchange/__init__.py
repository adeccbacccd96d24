"""One request and its answer, on whatever wire they travel, and what becomes of what an application does with them."""
