"""From a name to a connection: addresses, and TLS on top of sockets with the same calls."""
