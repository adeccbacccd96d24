"""One connection below HTTP: what is read, what is sent and when, and whether the client is still there."""
