"""Containers around applications of other frameworks, so that TARGET may name such an application directly."""
