"""Endpoints: HTTP in, HTTP out."""
