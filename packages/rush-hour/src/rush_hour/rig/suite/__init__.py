"""Suites: which systems to start, how, and what to ask of them; read from files, checked before anything starts."""
