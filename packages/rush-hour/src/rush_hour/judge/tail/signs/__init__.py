"""What may move while p99 rises: a closed list of signs, each looked for in one second at a time. Pure."""
