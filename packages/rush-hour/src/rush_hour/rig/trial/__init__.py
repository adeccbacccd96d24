"""A trial: one application on every server that can serve it here, the best of them measured longest."""
