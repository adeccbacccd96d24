"""Configuration of the documentation. `make docs` builds it, with warnings as errors."""

import importlib.metadata

project = "API-Hour and Rush Hour"
release = importlib.metadata.version("rush-hour")
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = project
html_show_copyright = False
