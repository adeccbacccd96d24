"""Runs and benches on a terminal, while they go on and when they are over."""
