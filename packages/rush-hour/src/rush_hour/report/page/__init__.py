"""The page: documents as one HTML file, which opens from disk without a network.

Everything is in the markup, tables first; a script draws the pictures that have many points, from the figures that the
page carries as JSON. What a document holds is text to the page, wherever it comes from: Jinja escapes it, and a strict
policy lets nothing run that was not written here (`policy.py`).
"""
