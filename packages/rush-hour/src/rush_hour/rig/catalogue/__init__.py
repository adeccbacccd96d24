"""The servers that can be named without a suite: a table each in `servers.toml`, and people's own."""
