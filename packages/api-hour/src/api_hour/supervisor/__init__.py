"""The process that owns the sockets and keeps the workers alive. It never imports user code."""
