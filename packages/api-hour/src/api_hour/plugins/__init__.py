"""Helpers for other packages' servers, each imported by itself because it needs that package."""
