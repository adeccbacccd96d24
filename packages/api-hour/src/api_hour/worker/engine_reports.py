"""What a worker says of its engines with each heartbeat."""

from collections.abc import Iterable
from typing import Any, Literal, Protocol

from api_hour.engines import Engine
from api_hour.worker.spec import EngineReport

ERROR_LENGTH = 200  # of the last error's beginning: a heartbeat is one short line


class Status(Protocol):
    """What an engine says of itself; `since_at_s` is on the clock of the event loop."""

    name: str
    state: Literal["connecting", "up", "down"]
    since_at_s: float
    last_error: str
    connections: int
    borrowed: int
    waiting: int
    refused: int


def engine_reports(engines: Iterable[Any], now_s: float) -> tuple[EngineReport, ...]:
    """Return how the engines are; other things among them, and engines that do not say it, are left out.

    Args:
        engines: of a Container.
        now_s: the event loop's time.
    """
    statuses = (getattr(engine, "status", None) for engine in engines if isinstance(engine, Engine))
    return tuple(_report(status, now_s) for status in statuses if status is not None)


def _report(status: Status, now_s: float) -> EngineReport:
    return EngineReport(
        name=status.name,
        state=status.state,
        age_s=now_s - status.since_at_s,
        last_error=status.last_error[:ERROR_LENGTH],
        connections=status.connections,
        borrowed=status.borrowed,
        waiting=status.waiting,
        refused=status.refused,
    )
