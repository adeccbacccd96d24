"""The commands of `api_hour`: one module for each."""
