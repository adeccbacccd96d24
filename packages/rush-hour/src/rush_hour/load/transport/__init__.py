"""Transports: addresses of names, and TLS on top of sockets with the same calls."""
