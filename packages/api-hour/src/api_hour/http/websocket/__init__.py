"""WebSockets (RFC 6455); they need the extra `websocket`."""
