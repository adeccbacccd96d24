"""The protocol between supervisor and worker, and the memory that they share; it belongs to neither."""
