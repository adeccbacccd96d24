"""Exit codes beside those of the errors (`errors.py`)."""

UNTRUSTED = 4  # measured, but the figures cannot be trusted
INTERRUPTED = 130  # ended by Ctrl-C, as shells say it
