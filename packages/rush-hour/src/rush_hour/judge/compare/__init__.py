"""Comparisons: is one system faster than another, the same, or can it not be told? Pure: documents in, verdicts out."""
