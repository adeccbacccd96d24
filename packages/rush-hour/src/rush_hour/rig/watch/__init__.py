"""What is seen of a system while it is measured: CPU time, memory, connections, logs, its database, a profile."""
