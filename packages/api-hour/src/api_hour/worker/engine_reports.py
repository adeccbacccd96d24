"""What a worker says of its engines with each heartbeat."""

from collections.abc import Iterable
from typing import Any

from api_hour.engines import Engine, EngineStatus
from api_hour.worker.spec import EngineReport

ERROR_LENGTH = 200  # of the last error's beginning: a heartbeat is one short line


def engine_reports(engines: Iterable[Any], now_s: float) -> tuple[EngineReport, ...]:
    """Return how the engines are; other things among them are left out.

    Args:
        engines: of a Container.
        now_s: the event loop's time.
    """
    return tuple(_report(engine.status, now_s) for engine in engines if isinstance(engine, Engine))


def _report(status: EngineStatus, now_s: float) -> EngineReport:
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
