"""From the text of TARGET to the Container that a worker runs."""
