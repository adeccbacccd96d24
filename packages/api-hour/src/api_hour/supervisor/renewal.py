"""The options of a daemon, read again for a reload: what the supervisor is given by whoever has read them."""

from collections.abc import Callable
from dataclasses import dataclass

from api_hour.config.settings import Settings
from api_hour.control.spec import WorkerSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """The options that count from now on.

    Attributes:
        settings: all of them, as far as they do not wait for a restart.
        spec: what every worker is started with.
        changes: what is different, in words.
        warnings: what does not have the effect that somebody may expect.
    """

    settings: Settings
    spec: WorkerSpec
    changes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


Reread = Callable[[], Renewed]
"""Reads them again. It raises an `ApiHourError` where they cannot be, and nothing has changed then."""
