"""The errors that end a command with a message instead of a traceback.

    RushHourError
    ├── OutputLost   exit code 1: something was measured, and could not be written
    ├── UsageError   exit code 2: an option, a suite or a URL is not what it must be
    └── StartError   exit code 3: something could not be started or reached

Only `cli.py` turns them into exit codes.
"""

INSTALL_RIG = "pip install 'rush-hour[rig]'"
INSTALL_PROFILE = "pip install 'rush-hour[profile]'"


class RushHourError(Exception):
    """Base of all errors that Rush Hour raises on purpose."""

    exit_code = 1


class OutputLost(RushHourError):
    """Results that could not be written, a line for each."""


class UsageError(RushHourError):
    """An option, a suite file or a URL is invalid. The message says which, what was expected and what came."""

    exit_code = 2


class StartError(RushHourError):
    """A server, the database or the load generator could not be started or reached."""

    exit_code = 3
