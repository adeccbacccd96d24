"""One process that sends: an event loop, its connections, and what it notes down."""
