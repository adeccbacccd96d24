"""Histories, as they are shown: on the terminal, as Markdown, as JSON, on a page."""
