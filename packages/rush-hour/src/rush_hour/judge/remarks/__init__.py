"""Remarks: trust in documents, and all that is to be said of their systems, each said once. Pure."""
