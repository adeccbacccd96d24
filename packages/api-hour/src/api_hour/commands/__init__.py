"""What the `api_hour` command does: one module for each thing."""
