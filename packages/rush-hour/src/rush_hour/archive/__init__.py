"""Directories of documents, and an index that says what is in each without reading it."""
