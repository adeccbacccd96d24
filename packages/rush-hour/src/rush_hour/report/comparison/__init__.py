"""Comparisons, as they are shown: on the terminal, as Markdown, on a page."""
