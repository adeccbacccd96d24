"""Checks, as they are shown and handed on: terminal, Markdown, GitHub, JUnit, and those that keep figures."""
