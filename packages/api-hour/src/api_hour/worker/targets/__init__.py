"""Targets: the text of TARGET, and the Container that a worker makes of it."""
