"""The errors that end `api_hour` with a message instead of a traceback.

    ApiHourError
    ├── ControlError  exit code 1: there is no daemon to stop or reload, or it does not stop
    ├── ConfigError   exit code 2: an option, a file or a target is not what it must be
    ├── StartError    exit code 3: the configuration is fine, but the daemon could not come up
    └── NoAnswer      exit code 3: no running daemon answers

Only `cli.py` turns them into exit codes.
"""


class ApiHourError(Exception):
    """Base of all errors that API-Hour raises on purpose."""

    exit_code = 1


class ControlError(ApiHourError):
    """A running daemon could not be told what to do."""


class ConfigError(ApiHourError):
    """An option, a configuration file or the target is invalid. The message says which and what to do."""

    exit_code = 2


class StartError(ApiHourError):
    """Something could not be started: an address is taken, or no worker came up."""

    exit_code = 3


class NoAnswer(ApiHourError):
    """A running daemon was asked how it is, and there is none, or it is something else."""

    exit_code = 3
