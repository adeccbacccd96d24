"""The sockets of a daemon: bound, taken over, or given by whoever started it."""
