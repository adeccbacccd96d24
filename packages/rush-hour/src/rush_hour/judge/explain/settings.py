"""The names of the servers' settings that advice speaks of."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

ANY = {
    "backlog": "the server's backlog",
    "workers": "the number of workers",
    "timeout": "the server's time limit",
    "recycle": "a limit after which workers are replaced",
}
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "api_hour": {
        "backlog": "--backlog", "workers": "--workers", "timeout": "--timeout", "recycle": "--max-rss",
    },
    "gunicorn": {
        "backlog": "--backlog", "workers": "--workers", "timeout": "--timeout", "recycle": "--max-requests",
    },
    "hypercorn": {
        "backlog": "--backlog", "workers": "--workers", "recycle": "--max-requests",
    },
    "nginx": {
        "backlog": "backlog= of listen", "workers": "worker_processes",
    },
    "uvicorn": {
        "backlog": "--backlog", "workers": "--workers", "timeout": "--timeout-worker-healthcheck",
        "recycle": "--limit-max-requests",
    },
    "uwsgi": {
        "backlog": "--listen", "workers": "--processes", "timeout": "--harakiri", "recycle": "--reload-on-rss",
    },
}  # fmt: skip


def program_of(command: Sequence[str]) -> str:
    """Return which program a command starts: a server that is known, wherever it stands in it, or its first word."""
    names = [PurePath(word).name for text in command for word in text.split()]
    known = (name.replace("-", "_") for name in names)
    return next((name for name in known if name in SETTINGS), names[0] if names else "")


def fill_in_advice(advice: str, program: str) -> str:
    """Return advice with the names that a server has for its settings.

    Args:
        advice: with the keys of `ANY` in braces.
        program: the server.
    """
    own = SETTINGS.get(program, {})
    names = {key: f"{program}'s {own[key]}" if key in own else anyone for key, anyone in ANY.items()}
    return advice.format(**names)
