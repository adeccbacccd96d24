"""HTTP/1.1 on one connection (RFC 9112)."""
