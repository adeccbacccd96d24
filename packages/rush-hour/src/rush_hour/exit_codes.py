"""Exit codes beside those of the errors (`errors.py`)."""

NOT_MET = 1  # measured, and something that was required is not so
UNTRUSTED = 4  # measured, but the figures cannot be trusted; of `doctor`, something hinders trustworthy ones
INTERRUPTED = 130  # ended by Ctrl-C, as shells say it
