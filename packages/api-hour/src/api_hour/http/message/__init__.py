"""Requests, responses and what they carry: what a handler takes and returns. Nothing here knows of a connection."""
