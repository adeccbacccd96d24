"""Requirements: objectives that systems of a document must keep, each met, not met, not to be told, or without data."""
